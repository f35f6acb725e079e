import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse, type Figures } from '../../../core/canary/analyse.ts';
import { StratifiedDifference } from '../../../core/experiment/strata.ts';
import { AnalysisPolicy } from '../../../core/manifest/canary-analysis.ts';

const policy = AnalysisPolicy.parse({});
const pair = (n: number, rate: number, m: number, other: number) => ({
  champion: { n, sum: n * rate },
  challenger: { n: m, sum: m * other },
});
const none = pair(0, 0, 0, 0);
/** Times of a champion and a challenger, a little apart from stratum to stratum. */
function latency(champion: number, challenger: number, strata = 40) {
  const difference = new StratifiedDifference(false);
  for (let i = 0; i < strata; i++)
    difference.add({
      champion: { n: 20, sum: 20 * (champion + (i % 3) - 1) },
      challenger: { n: 5, sum: 5 * (challenger + (i % 2)) },
    });
  return difference.estimate();
}
const good: Figures = { failure: pair(5_000, 0, 500, 0), wrong: none, latency: latency(40, 41) };

describe('analyse', () => {
  it('lets a canary go on that is not worse in anything, with or without truth', () => {
    expect(analyse(policy, good).verdict).toBe('advance');
    const withTruth = analyse(policy, { ...good, wrong: pair(4_000, 0.2, 1_000, 0.2) });
    expect(withTruth.verdict).toBe('advance');
    expect(withTruth.reason).toMatch(
      /Failure: 0.0 % of 500 against 0.0 % of 5000: not worse, .*; PredictionError: 20.0 % of 1000/,
    );
  });

  it.each<[string, Partial<Figures>, string]>([
    [
      'fails more often',
      { failure: pair(5_000, 0.001, 500, 0.06) },
      'Failure: 6.0 % of 500 against 0.1 % of 5000: worse',
    ],
    [
      'is wrong more often',
      { wrong: pair(900, 0.2, 300, 0.4) },
      'PredictionError: 40.0 % of 300 against 20.0 % of 900: worse',
    ],
    ['takes twice as long', { latency: latency(40, 80) }, 'Latency: 80.5 ms against 40 ms: worse'],
  ])('ends one that surely %s', (_, figures, reason) => {
    const analysis = analyse(policy, { ...good, ...figures });
    expect(analysis.verdict).toBe('abort');
    expect(analysis.reason).toContain(reason);
  });

  it('waits for samples, and for an interval that ends below the margin', () => {
    expect(analyse(policy, { ...good, failure: pair(5_000, 0, 49, 0) })).toMatchObject({
      verdict: 'wait',
      reason: 'Failure: 49 samples of the challenger and 5000 of the champion, 50 of each are needed',
    });
    // No failure in 60 requests still lets more than the margin be possible.
    expect(analyse(policy, { ...good, failure: pair(5_000, 0, 60, 0) }).verdict).toBe('wait');
    expect(analyse(policy, { ...good, latency: latency(40, 41, 9) }).verdict).toBe('wait');
  });

  it('waits for truth only where it is asked to, or where some has come that is not clear', () => {
    expect(analyse({ ...policy, requireTruth: true }, good).verdict).toBe('wait');
    expect(analyse(policy, { ...good, wrong: pair(900, 0.2, 20, 0.2) }).verdict).toBe('advance');
    expect(analyse(policy, { ...good, wrong: pair(900, 0.2, 60, 0.2) }).verdict).toBe('wait');
  });

  it('lets times pass that are longer by nothing anybody notices', () => {
    expect(analyse(policy, { ...good, latency: latency(1, 3) }).verdict).toBe('advance');
  });

  it('never goes back on an end when the challenger fails more often still', () => {
    const n = fc.integer({ min: 50, max: 3_000 });
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(n, n), rate, rate, rate, ([a, b], champion, one, other) => {
        const verdict = (challenger: number) =>
          analyse(policy, { ...good, failure: pair(a, champion, b, challenger) }).verdict;
        const [low, high] = [verdict(Math.min(one, other)), verdict(Math.max(one, other))];
        if (low === 'abort') expect(high).toBe('abort');
        if (high === 'advance') expect(low).toBe('advance');
        expect(verdict(champion)).not.toBe('abort');
      }),
    );
  });
});
