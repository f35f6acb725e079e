import { describe, expect, it } from 'vitest';
import type { Hypothesis } from '../../../core/experiment/hypothesis.ts';
import { evaluateTest, MIN_STRATA, planOf, standingOf, type TestOutcome } from '../../../core/experiment/judge.ts';
import { StratifiedDifference } from '../../../core/experiment/strata.ts';
import { binomial, random } from './random.ts';

const hypothesis: Hypothesis = {
  metric: 'PredictionError',
  better: 'lower',
  rate: true,
  minEffect: 0.05,
  alpha: 0.05,
  power: 0.8,
};

/** Runs tests to their end, looking after every period; gives the share of each outcome. */
function simulate(
  runs: number,
  own: Partial<Hypothesis>,
  n: [number, number],
  draw: Draw,
): Record<TestOutcome, number> {
  const uniform = random(7);
  const tested = { ...hypothesis, ...own };
  const plan = planOf(tested);
  const shares = { better: 0, worse: 0, 'no-difference': 0, inconclusive: 0, running: 0 };
  for (let run = 0; run < runs; run++) {
    const difference = new StratifiedDifference(own.rate ?? true);
    let outcome: TestOutcome = 'running';
    for (let k = 0; k < 2_000 && outcome === 'running'; k++) {
      difference.add({
        champion: { n: n[0], sum: draw(uniform, n[0], false) },
        challenger: { n: n[1], sum: draw(uniform, n[1], true) },
      });
      outcome = standingOf(tested, difference.estimate(), plan).outcome;
    }
    shares[outcome] += 1 / runs;
  }
  return shares;
}
type Draw = (uniform: () => number, n: number, challenger: boolean) => number;
const rate = (champion: number, challenger: number): Draw => {
  const samplers = new Map<string, (uniform: () => number) => number>();
  return (uniform, n, is) => {
    const key = `${n} ${is}`;
    if (!samplers.has(key)) samplers.set(key, binomial(n, is ? challenger : champion));
    return samplers.get(key)!(uniform);
  };
};
/** Waiting times: means with a long tail. */
const exponential =
  (champion: number, challenger: number): Draw =>
  (uniform, n, is) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum -= (is ? challenger : champion) * Math.log(1 - uniform());
    return sum;
  };

describe('judge', () => {
  it('is wrong no more often than alpha, looked at after every period: 2,000 tests of a version against itself', () => {
    const { better, worse, running } = simulate(2_000, {}, [20, 20], rate(0.2, 0.2));
    expect(better + worse).toBeLessThanOrEqual(0.05);
    // And it does end.
    expect(running).toBe(0);
  });

  it.each<[string, Partial<Hypothesis>, [number, number], Draw]>([
    ['a small share for the challenger', {}, [95, 5], rate(0.2, 0.2)],
    ['rare events and a small share', { minEffect: 0.02 }, [95, 5], rate(0.02, 0.02)],
    ['means with a long tail', { rate: false, minEffect: 0.3 }, [19, 5], exponential(1, 1)],
  ])('is no more often wrong with %s', (_, own, n, draw) => {
    const { better, worse } = simulate(400, own, n, draw);
    // 2.6 standard errors of 400 runs above alpha.
    expect(better + worse).toBeLessThanOrEqual(0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / 400));
  });

  it.each<[string, Partial<Hypothesis>, [number, number], Draw]>([
    ['rates', {}, [20, 20], rate(0.2, 0.15)],
    ['rates, where higher is better', { better: 'higher' }, [20, 20], rate(0.2, 0.25)],
    ['means', { rate: false, minEffect: 0.3 }, [20, 20], exponential(1, 0.7)],
  ])('finds the smallest difference that matters about as often as was planned: %s', (_, own, n, draw) => {
    const { better, worse } = simulate(400, own, n, draw);
    expect(better).toBeGreaterThanOrEqual(0.8 - 2.6 * Math.sqrt((0.8 * 0.2) / 400));
    expect(worse).toBeLessThan(0.01);
  });

  it('finds twice the difference sooner, and who is worse as well', () => {
    const of = (challenger: number) => simulate(200, {}, [20, 20], rate(0.2, challenger));
    expect(of(0.1).better).toBeGreaterThan(0.97);
    expect(of(0.3).worse + of(0.3)['no-difference']).toBeGreaterThan(0.97);
  });

  const afterPeriods = (periods: number, champion: number, challenger: number, own: Partial<Hypothesis> = {}) => {
    const difference = new StratifiedDifference(own.rate ?? true);
    for (let k = 0; k < periods; k++)
      difference.add({ champion: { n: 100, sum: champion }, challenger: { n: 100, sum: challenger } });
    return evaluateTest({ ...hypothesis, ...own }, difference.estimate());
  };

  it('says nothing before there are enough periods', () => {
    expect(afterPeriods(MIN_STRATA - 1, 40, 10)).toMatchObject({ outcome: 'running', difference: null, progress: 0 });
    expect(afterPeriods(MIN_STRATA, 40, 10)).toMatchObject({ outcome: 'better', difference: expect.closeTo(-0.3, 12) });
  });

  it('calls nobody better by a handful of events', () => {
    const difference = new StratifiedDifference(true);
    for (let k = 0; k < 60; k++)
      difference.add({ champion: { n: 1_000, sum: 2 }, challenger: { n: 10, sum: k % 12 === 0 ? 1 : 0 } });
    expect(evaluateTest({ ...hypothesis, minEffect: 0.001 }, difference.estimate()).outcome).toBe('running');
  });

  it('ends where no difference that matters is left, and says so', () => {
    const judgement = afterPeriods(200, 20, 20);
    expect(judgement.outcome).toBe('no-difference');
    expect(judgement.reason).toContain('if it is better, then by less than 5.00 pp, which does not matter');
  });

  it('tells what it saw, with an interval', () => {
    expect(afterPeriods(40, 40, 30).reason).toMatch(
      /^PredictionError: challenger 30.00 % of 4000, champion 40.00 % of 4000; difference −10.00 pp \[−\d+\.\d\d pp, −\d+\.\d\d pp\] at all looks together: the challenger is better$/,
    );
  });
});
