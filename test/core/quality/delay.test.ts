import { describe, expect, it } from 'vitest';
import { uniform } from '../../../core/explain/random.ts';
import { type BinCounts, countBin } from '../../../core/quality/bin-counts.ts';
import { type DelayCohort, delayBin, delayOfBin, type TruthDelay, truthDelay } from '../../../core/quality/delay.ts';

const HOUR = 3_600_000;

/** Hourly cohorts of predictions whose truths come after a time drawn from a distribution, as seen at the end. */
function cohorts(hours: number, rows: number, delayOf: (u: number) => number) {
  const random = uniform(7);
  return Array.from({ length: hours }, (_, i) => {
    const delays: BinCounts = {};
    for (let row = 0; row < rows; row++) {
      const age = (i + random()) * HOUR;
      const delay = delayOf(random());
      if (delay <= age) countBin(delays, delayBin(delay));
    }
    return { age: i * HOUR, delays };
  });
}

/** Exponential, of a mean of ten hours: nine tenths are there after 23. */
const slow = (u: number): number => -10 * HOUR * Math.log(1 - u);
const SLOW_P90 = 10 * HOUR * Math.log(10);

const known = (of: readonly DelayCohort[]): TruthDelay => truthDelay(of) as TruthDelay;

describe('the delay of truth', () => {
  it('is counted over bins that are a fifth wide', () => {
    for (const ms of [0, 1, 1_000, 1_001, 59_999, 3_600_000, 86_400_000]) {
      const bin = delayBin(ms);
      expect(delayOfBin(bin)).toBeGreaterThanOrEqual(ms);
      if (bin > 0) expect(delayOfBin(bin - 1)).toBeLessThan(ms);
    }
    expect(delayOfBin(1) / delayOfBin(0)).toBeCloseTo(1.19, 2);
    expect(delayBin(10 ** 15)).toBe(delayBin(10 ** 14));
  });

  it('is that of all truths, those included that are still due', () => {
    // Two days of predictions: of the young ones only the quickest truths are there.
    const delay = known(cohorts(48, 500, slow));
    expect(delay.uncorrected).toBeLessThan(0.85 * SLOW_P90);
    expect(delay.p90).toBeGreaterThan(0.9 * SLOW_P90);
    expect(delay.p90).toBeLessThan(1.3 * SLOW_P90);
    expect(delay.median).toBeGreaterThan(0.95 * 10 * HOUR * Math.LN2);
    expect(delay.median).toBeLessThan(1.25 * 10 * HOUR * Math.LN2);
  });

  it('needs no correction where truths come at once', () => {
    const delay = known(cohorts(48, 100, () => 50_000));
    expect(delay).toMatchObject({ p90: delayOfBin(delayBin(50_000)), uncorrected: delayOfBin(delayBin(50_000)) });
    expect(delay.n).toBe(4_700);
  });

  it('is not known while no prediction is old enough', () => {
    expect(truthDelay([])).toBeUndefined();
    expect(truthDelay([{ age: 0, delays: { 4: 10 } }])).toBeUndefined();
    expect(truthDelay([{ age: HOUR, delays: {} }])).toBeUndefined();
  });

  it('is not that of one old truth, which alone could have been so slow', () => {
    const quick = { age: 5 * HOUR, delays: { [delayBin(30_000)]: 200 } };
    const slowTruth = { age: 75 * HOUR, delays: { [delayBin(55 * HOUR)]: 1 } };
    expect(truthDelay([quick, slowTruth])).toEqual({
      n: 201,
      reason: expect.stringMatching(/^some take 6\d h, .* too few truths \(1\)/),
    });
    // Enough of them tell that it is rare.
    const old = { age: 75 * HOUR, delays: { [delayBin(30_000)]: 40 } };
    const bin = delayOfBin(delayBin(30_000));
    expect(truthDelay([quick, old, slowTruth])).toMatchObject({ p90: bin, median: bin });
    // Even fewer, where it would not change the quantiles.
    const few = { age: 75 * HOUR, delays: { [delayBin(30_000)]: 19 } };
    expect(truthDelay([quick, few, slowTruth])).toMatchObject({ p90: bin, median: bin, n: 220 });
  });

  it('takes some truths', () => {
    expect(truthDelay([{ age: HOUR, delays: { 4: 29 } }])).toEqual({
      n: 29,
      reason: 'it takes 30 truths of predictions that are old enough, and there are 29',
    });
    expect(truthDelay([{ age: HOUR, delays: { 4: 30 } }])).toMatchObject({ p90: delayOfBin(4) });
  });

  it('does not lose truths when cohorts are of unlike size', () => {
    // All truths of one delay, most of them of young predictions.
    const bin = delayBin(2 * HOUR);
    const delay = known([
      { age: 3 * HOUR, delays: { [bin]: 1_000 } },
      { age: 100 * HOUR, delays: { [bin]: 1 } },
    ]);
    expect(delay).toMatchObject({ n: 1_001, p90: delayOfBin(bin), median: delayOfBin(bin) });
  });
});
