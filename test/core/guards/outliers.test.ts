import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feature } from '../../../core/contract/contract.ts';
import { calibrateOutliers } from '../../../core/guards/calibrate-outliers.ts';
import { compileOutliers, type OutlierReference } from '../../../core/guards/outliers.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { countColumn } from '../../../core/profile/count.ts';
import { OutlierCalibration } from '../../../core/profile/outlier-calibration.ts';
import { Baseline, type Profile } from '../../../core/profile/profile.ts';

const number = (name: string): Feature => ({
  name,
  type: 'float',
  missing: 'allow',
  onViolation: 'flag',
  personal: 'no',
});

/** A reference with ten bins a column and its calibration. */
type ColumnValues = Float64Array | string[];

function referenceOf(features: readonly Feature[], columns: readonly ColumnValues[]): Required<OutlierReference> {
  const profile: Profile = {
    rows: columns[0]!.length,
    columns: Object.fromEntries(
      features.map(({ name }, i) => {
        const values = columns[i]!;
        if (Array.isArray(values)) {
          const categories = [...new Set(values)].filter((value) => value !== '');
          const counts = categories.map(() => 0);
          return [
            name,
            countColumn({ kind: 'categorical', rows: 0, missing: 0, categories, counts, other: 0, unseen: 0 }, values),
          ];
        }
        const sorted = values.filter((x) => !Number.isNaN(x)).sort();
        const edges = [
          ...new Set([1, 2, 3, 4, 5, 6, 7, 8, 9].map((q) => sorted[Math.floor((q * sorted.length) / 10)]!)),
        ];
        const counts = new Array<number>(edges.length + 1).fill(0);
        const empty = { min: null, max: null, mean: null, m2: null };
        return [name, countColumn({ kind: 'numeric', rows: 0, missing: 0, edges, counts, ...empty }, values)];
      }),
    ),
  };
  return { profile, outliers: calibrateOutliers(features, columns, profile) };
}

/** Uniform numbers that are the same every time: a linear congruential generator (Numerical Recipes). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const normals = (next: () => number, length: number): Float64Array =>
  Float64Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));

const rowsOf = (columns: readonly ColumnValues[]): ColumnValues[][] =>
  Array.from({ length: columns[0]!.length }, (_, i) =>
    columns.map((values) => (Array.isArray(values) ? [values[i]!] : values.subarray(i, i + 1))),
  );

const FIVE = ['a', 'b', 'c', 'd', 'e'].map(number);

describe('compileOutliers', () => {
  const next = random(7);
  const columns = FIVE.map(() => normals(next, 5_000));
  const reference = referenceOf(FIVE, columns);
  const fresh = rowsOf(FIVE.map(() => normals(next, 5_000)));

  it.each([0.2, 0.05, 0.01])(
    'finds at most a share of %d unusual, in the reference and in what is like it',
    (share) => {
      for (const known of [reference, { profile: reference.profile }] as OutlierReference[]) {
        const judge = compileOutliers(FIVE, known, share);
        expect(judge(columns, 5_000)?.rows ?? 0).toBeLessThanOrEqual(share * 5_000);
        // 5,000 draws of the share itself stray by four standard deviations once in 30,000 times.
        const stray = 4 * Math.sqrt((share * (1 - share)) / 5_000);
        const found = fresh.filter((row) => judge(row, 1) !== undefined).length / 5_000;
        expect(found).toBeLessThanOrEqual(share + stray);
        if (known.outliers !== undefined) expect(found).toBeGreaterThan(share / 10);
      }
    },
  );

  it('finds a single value far out, and says which', () => {
    const judge = compileOutliers(FIVE, reference, 0.01);
    const row = [0, 0, 12, 0, 0].map((x) => Float64Array.of(x));
    expect(judge(row, 1)).toMatchObject({ rows: 1, worst: 0, features: ['c'] });
    expect(judge(row, 1)!.share).toBeLessThanOrEqual(0.01);
  });

  it('finds values that are only together unusual, which no column tells by itself', () => {
    const row = FIVE.map(() => Float64Array.of(2.2));
    expect(compileOutliers(FIVE, reference, 0.01)(row, 1)?.features).toHaveLength(5);
    expect(compileOutliers(FIVE, { profile: reference.profile }, 0.01)(row, 1)).toBeUndefined();
  });

  it('knows the worst of several rows', () => {
    const judge = compileOutliers(FIVE, reference, 0.01);
    const three = FIVE.map((_, i) => Float64Array.of(0, i === 1 ? 6 : 0, i === 3 ? 1_000 : 0));
    expect(judge(three, 3)).toMatchObject({ rows: 2, worst: 2, features: ['d'] });
  });

  it('finds what is beyond the range without a calibration too, where there are rows enough to say so', () => {
    const { profile } = reference;
    const row = [0, 0, 0, 0, -9].map((x) => Float64Array.of(x));
    expect(compileOutliers(FIVE, { profile }, 0.01)(row, 1)?.features).toEqual(['e']);
    const few = referenceOf(
      FIVE,
      FIVE.map(() => normals(next, 100)),
    );
    expect(compileOutliers(FIVE, { profile: few.profile }, 0.01)(row, 1)).toBeUndefined();
  });

  it('takes no notice of a column that the baseline does not know, and refuses when it knows none', () => {
    const judge = compileOutliers([number('unknown'), ...FIVE], reference, 0.01);
    const row = [9_999, 0, 0, 0, 0, 0].map((x) => Float64Array.of(x));
    expect(judge(row, 1)).toBeUndefined();
    expect(() => compileOutliers([number('unknown'), number('constructor')], reference, 0.01)).toThrow('knows none');
  });

  it('keeps its promise to a reference of any values and any length', () => {
    const value = fc.oneof(fc.constantFrom(Number.NaN, 0, 0, 1), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const row = fc.tuple(value, fc.constantFrom('', 'x', 'x', 'y', 'z'), fc.constantFrom(0, 1, Number.NaN));
    const features: Feature[] = [number('n'), { ...number('s'), type: 'string' }, { ...number('b'), type: 'boolean' }];
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), fc.constantFrom(0.5, 0.1, 0.01), (rows, share) => {
        const values: ColumnValues[] = [
          Float64Array.from(rows, ([n]) => n),
          rows.map(([, s]) => s),
          Float64Array.from(rows, ([, , b]) => b),
        ];
        const booleans = rows.map(([, , b]) => (Number.isNaN(b) ? '' : String(b === 1)));
        const { profile } = referenceOf(features, [values[0]!, values[1]!, booleans]);
        const calibrated = { profile, outliers: calibrateOutliers(features, values, profile) };
        // A baseline is kept as JSON.
        OutlierCalibration.parse(JSON.parse(JSON.stringify(calibrated.outliers)));
        for (const known of [calibrated, { profile }]) {
          const found = compileOutliers(features, known, share)(values, rows.length)?.rows ?? 0;
          expect(found).toBeLessThanOrEqual(share * rows.length);
        }
      }),
    );
  });
});

describe('The flights of 2013', () => {
  const folder = 'models/flight-delay';
  const manifest = Manifest.parse(JSON.parse(readFileSync(`${folder}/v1/model.json`, 'utf8')));
  const baseline = Baseline.parse(JSON.parse(readFileSync(`${folder}/v1/baseline.json`, 'utf8')));
  const { features } = manifest.contract;
  type Row = Readonly<Record<string, string>>;
  const read = (file: string): Row[] => {
    const [head, ...lines] = readFileSync(`${folder}/data/${file}`, 'utf8').trim().split('\n');
    const names = head!.split(',');
    return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i]!, value])));
  };
  const columnsOf = (rows: readonly Row[]): ColumnValues[] =>
    features.map(({ name, type }) =>
      type === 'string'
        ? rows.map((row) => row[name]!)
        : Float64Array.from(rows, (row) => (row[name] === '' ? Number.NaN : Number(row[name]))),
    );
  const spring = read('traffic-spring.csv');
  const judge = compileOutliers(features, baseline, 0.01);
  const found = (rows: readonly Row[], change: (row: Row) => Row = (row) => row): number => {
    const judged = rowsOf(columnsOf(rows.map(change))).filter((row) => judge(row, 1) !== undefined);
    return judged.length / rows.length;
  };
  const numbers = features.filter(({ type }) => type !== 'string').map(({ name }) => name);

  it('are rarely unusual in the spring that the baseline is of, and more often in summer', () => {
    expect(found(spring)).toBeLessThan(0.01);
    expect(found(read('traffic-summer.csv'))).toBeGreaterThan(0.05);
  });

  it('are all unusual when their columns have changed places', () => {
    const shifted = (row: Row): Row => ({
      ...row,
      ...Object.fromEntries(numbers.map((name, i) => [name, row[numbers[(i + 1) % numbers.length]!]!])),
    });
    expect(found(spring, shifted)).toBe(1);
  });

  it.each([
    ['temperatures are in Celsius', 0.5, (row: Row) => ({ ...row, temp: String((Number(row.temp) - 32) / 1.8) })],
    [
      'distances are in kilometres times ten',
      0.5,
      (row: Row) => ({ ...row, distance: `${Number(row.distance) * 16}` }),
    ],
    ['they go where no flight went', 1, (row: Row) => ({ ...row, dest: 'XXX' })],
    ['the time of departure is negative', 1, (row: Row) => ({ ...row, departure_minute: '-99999' })],
  ])('are unusual when %s', (_, least, change) => {
    expect(found(spring.slice(0, 1_000), change)).toBeGreaterThanOrEqual(least);
  });
});
