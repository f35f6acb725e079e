import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseFloor } from '../../../core/drift/calibrate.ts';
import { chiSquaredQuantile, chiSquaredTail, contingencyTest, mergeSparse } from '../../../core/drift/chi-squared.ts';
import { hellinger, totalVariation } from '../../../core/drift/distances.ts';
import { jensenShannon } from '../../../core/drift/jensen-shannon.ts';
import { populationStability } from '../../../core/drift/psi.ts';
import { detectDrift } from '../../../core/drift/verdict.ts';
import { countColumn } from '../../../core/profile/count.ts';
import type { Baseline, NumericProfile } from '../../../core/profile/profile.ts';

/** Uniform numbers, the same for the same seed. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

const EDGES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const BLANK: NumericProfile = {
  kind: 'numeric',
  rows: 0,
  missing: 0,
  edges: EDGES,
  counts: EDGES.map(() => 0).concat(0),
  min: null,
  max: null,
  mean: null,
  m2: null,
};
const profileOf = (values: (number | null)[]) => countColumn(BLANK, values) as NumericProfile;
const draw = (n: number, next: () => number, shift = 0) => Array.from({ length: n }, () => next() + shift);

function baselineOf(values: number[], chunks = 100): Baseline {
  const size = Math.floor(values.length / chunks);
  return {
    format: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: 'a'.repeat(64),
    profile: { rows: values.length, columns: { x: profileOf(values) } },
    chunks: Array.from({ length: chunks }, (_, i) => {
      const part = profileOf(values.slice(i * size, (i + 1) * size));
      return { rows: part.rows, counts: { x: [...part.counts, part.missing] } };
    }),
  };
}
const judge = (baseline: Baseline, values: (number | null)[]) =>
  detectDrift(baseline, { rows: values.length, columns: { x: profileOf(values) } });

describe('detectDrift', () => {
  const next = uniforms(1);
  const baseline = baselineOf(draw(20_000, next));

  it('calls a window that is too small neither pass nor fail', () => {
    expect(judge(baseline, draw(499, next, 0.5)).verdict).toBe('insufficient_data');
    expect(judge(baseline, []).verdict).toBe('insufficient_data');
  });

  it('finds a shift and ranks it, and stays quiet without one', () => {
    expect(judge(baseline, draw(2_000, next, 0.1)).verdict).toBe('drift');
    expect(judge(baseline, draw(2_000, next)).verdict).toBe('no_drift');
  });

  it('looks for none in what is not to be watched', () => {
    const values = draw(2_000, next, 0.1);
    const current = { rows: values.length, columns: { x: profileOf(values) } };
    expect(detectDrift(baseline, current, { unwatched: new Set(['x']) })).toMatchObject({
      verdict: 'no_drift',
      columns: [],
    });
  });

  it('takes all values missing for a failure of completeness, not for drift', () => {
    const verdict = judge(baseline, new Array(2_000).fill(null));
    expect(verdict.verdict).toBe('no_drift');
    expect(verdict.columns[0]).toMatchObject({
      status: 'not_applicable',
      note: expect.stringContaining('completeness'),
    });
  });

  it.each([100, 200, 500, 1_000, 5_000])('raises a false alarm in at most 1 %% of quiet windows of %i rows', (rows) => {
    const own = uniforms(rows);
    const reference = baselineOf(draw(2_000, own), 40);
    const windows = 600;
    let alarms = 0;
    for (let i = 0; i < windows; i++) if (judge(reference, draw(rows, own)).verdict === 'drift') alarms++;
    expect(alarms / windows).toBeLessThanOrEqual(0.01);
  });
});

const counts = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 2, maxLength: 20 });
const pairs = counts
  .chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: a.length, maxLength: a.length }),
    ),
  )
  .filter(([a, b]) => a.some((n) => n > 0) && b.some((n) => n > 0));

describe('measures', () => {
  it.each([
    ['PSI', populationStability, Number.POSITIVE_INFINITY],
    ['Jensen–Shannon', jensenShannon, Math.sqrt(Math.LN2)],
    ['Hellinger', hellinger, 1],
    ['total variation', totalVariation, 1],
  ] as const)('%s is symmetric, 0 for equal counts, and within its range', (_, measure, top) => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const value = measure(a, b);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(top + 1e-12);
        expect(measure(b, a)).toBeCloseTo(value, 10);
        expect(measure(a, a)).toBeCloseTo(0, 7);
        expect(measure(a.toReversed(), b.toReversed())).toBeCloseTo(value, 10);
      }),
    );
  });

  it('merges sparse categories without losing a row', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const sum = (list: readonly number[]) => list.reduce((x, y) => x + y, 0);
        const [left, right] = mergeSparse(a, b);
        expect([sum(left), sum(right)]).toEqual([sum(a), sum(b)]);
        expect(contingencyTest(left, right).p).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  // Tables of the chi-squared distribution, e.g. Abramowitz & Stegun 26.8.
  it.each([
    [3.841459, 1, 0.05],
    [18.307038, 10, 0.05],
    [23.209251, 10, 0.01],
    [124.342113, 100, 0.05],
  ])('has the tail of the chi-squared distribution: %f with %i degrees of freedom', (x, df, p) => {
    expect(chiSquaredTail(x, df)).toBeCloseTo(p, 7);
    expect(chiSquaredQuantile(p, df)).toBeCloseTo(x, 5);
  });

  it('lowers the noise floor as windows grow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 100, max: 100_000 }), (bins, n) => {
        expect(noiseFloor(bins, 2 * n, 50_000)).toBeLessThan(noiseFloor(bins, n, 50_000));
      }),
    );
  });
});
