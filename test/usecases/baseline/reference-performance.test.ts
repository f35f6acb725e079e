import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/manifest/decision.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { type Baseline, ReferencePerformance } from '../../../core/profile/profile.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { PerformanceTally } from '../../../usecases/baseline/reference-performance.ts';

const tallied = (decision: Decision, rows: readonly (readonly [number, unknown])[]) => {
  const tally = new PerformanceTally(decision, []);
  for (const [score, truth] of rows) tally.add(score, truth);
  return tally.result();
};

describe('PerformanceTally', () => {
  it('counts a score that is none as wrong, and rows without a truth not at all', () => {
    const decision: Decision = { task: 'binary', output: 'p', column: 0, threshold: 0.5 };
    expect(
      tallied(decision, [
        [0.9, 1],
        [Number.NaN, 0],
        [0.5, 0],
        [0.5, null],
        [0.5, 'perhaps'],
      ]),
    ).toEqual({
      rows: 3,
      errorRate: 2 / 3,
      brier: expect.closeTo((0.01 + 1 + 0.25) / 3, 9),
      classes: [
        { name: 'false', rows: 2, wrong: 2 },
        { name: 'true', rows: 1, wrong: 0 },
      ],
      withoutScore: 1,
    });
  });

  it('has of a regression the quantiles of its errors, and without a tolerance no error rate', () => {
    const rows = Array.from({ length: 1_000 }, (_, i): [number, number] => [i / 10, 0]);
    const loose = tallied({ task: 'regression', output: 'y', column: 0 }, rows)!;
    expect(loose.errorRate).toBeUndefined();
    // 0, 0.1, …, 99.9: their mean, and the root of the mean of their squares.
    expect(loose.mae).toBeCloseTo(49.95, 9);
    expect(loose.squares!.error).toBeCloseTo((999 * 1_000 * 1_999) / 6 / 100 / 1_000, 6);
    expect(loose.errorEdges).toHaveLength(101);
    expect(loose.squares).toMatchObject({ rows: 1_000, ofMean: 0 });
    expect(loose.squares!.error).toBeCloseTo(
      rows.reduce((sum, [score]) => sum + score ** 2 / 1_000, 0),
      6,
    );
    expect([loose.errorEdges![49], loose.errorEdges![89]]).toEqual([49.9, 89.9]);
    expect(tallied({ task: 'regression', output: 'y', column: 0, tolerance: 49.95 }, rows)!.errorRate).toBe(0.5);
  });

  it.each<[string, Decision]>([
    ['regression', { task: 'regression', output: 'y', column: 0 }],
    ['regression with a tolerance', { task: 'regression', output: 'y', column: 0, tolerance: 1 }],
    ['binary', { task: 'binary', output: 'y', column: 0, threshold: 0.5 }],
    ['multiclass', { task: 'multiclass', output: 'y', classes: [0, 1] }],
  ])('counts what is no number of a %s, and can be stored whatever the scores', (_, decision) => {
    const rows = Array.from({ length: 5_000 }, (_, i): [number, number] => [i === 77 ? Number.NaN : i % 2, i % 2]);
    expect(ReferencePerformance.parse(JSON.parse(JSON.stringify(tallied(decision, rows))))).toMatchObject({
      rows: 5_000,
      withoutScore: 1,
    });
    const far = JSON.stringify(tallied(decision, [[1e200, 0]]));
    expect(ReferencePerformance.parse(JSON.parse(far)).rows).toBe(1);
  });

  it('holds the index of a class against its name', () => {
    const decision: Decision = { task: 'multiclass', output: 'p', classes: ['a', 'b'] };
    expect(
      tallied(decision, [
        [0, 'a'],
        [1, 'a'],
        [2, 'b'],
        [1, 'c'],
      ]),
    ).toEqual({
      rows: 3,
      errorRate: 2 / 3,
      classes: [
        { name: 'a', rows: 2, wrong: 1 },
        { name: 'b', rows: 1, wrong: 1 },
      ],
    });
  });
});

describe('a baseline of a decision between several classes', () => {
  it('has the indices of the classes as categories, and the share of wrong decisions', async () => {
    const modelFile = 'models/flight-delay/v1/model.onnx';
    const manifest = Manifest.parse(JSON.parse(readFileSync('models/flight-delay/v1/model.json', 'utf8')));
    const dataFile = 'models/flight-delay/data/traffic-storm.csv';
    const build = (decision: Decision): Promise<Baseline> =>
      withExamined(modelFile, ({ signature, open }) =>
        buildBaseline({
          dataFile,
          open,
          manifest: { ...manifest, decision },
          signature,
          now: new Date(0),
        }),
      );
    // The same choice as a threshold of a half.
    const half = await build({ task: 'binary', output: 'probabilities', column: 1, threshold: 0.5 });
    const classes = await build({ task: 'multiclass', output: 'probabilities', classes: [0, 1] });
    expect(classes.performance!.errorRate).toBeCloseTo(half.performance!.errorRate!, 9);
    const column = classes.profile.columns['output:probabilities']!;
    expect(column).toMatchObject({ kind: 'categorical', rows: 4_723, missing: 0, other: 0, unseen: 0 });
    expect(column.kind === 'categorical' && column.categories.toSorted()).toEqual(['0', '1']);
  });
});
