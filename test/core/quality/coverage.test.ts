import { describe, expect, it } from 'vitest';
import { uniform } from '../../../core/explain/random.ts';
import { poisson } from '../../../core/quality/bootstrap.ts';
import { errorEdges } from '../../../core/quality/error-bins.ts';
import type { Metric } from '../../../core/quality/metric.ts';
import { binaryMetrics } from '../../../core/quality/metrics-binary.ts';
import { multiclassMetrics } from '../../../core/quality/metrics-multiclass.ts';
import { regressionMetrics } from '../../../core/quality/metrics-regression.ts';
import { addRegression, emptyRegression } from '../../../core/quality/regression.ts';
import { binaryOf, multiclassOf } from './tallies.ts';

type Metrics = Readonly<Record<string, Metric | undefined>>;

const REPETITIONS = 300;
const POPULATION = 100_000;

/** How often the interval of a sample's metric holds that of the population. */
function coverage(names: readonly string[], sample: (rows: number) => Metrics, rows: number): Record<string, number> {
  const truth = sample(POPULATION);
  const held = Object.fromEntries(names.map((name) => [name, 0]));
  for (let i = 0; i < REPETITIONS; i++) {
    const metrics = sample(rows);
    for (const name of names) {
      const { low, high } = metrics[name]!;
      if (low! <= truth[name]!.value! && truth[name]!.value! <= high!) held[name]!++;
    }
  }
  return Object.fromEntries(names.map((name) => [name, held[name]! / REPETITIONS]));
}

/** At 95 %, 99.9 % of 300 repetitions lie between 0.91 and 0.985; small samples and 200 draws cost a point or two. */
function expectNominal(shares: Readonly<Record<string, number>>): void {
  for (const [name, share] of Object.entries(shares)) {
    expect(share, name).toBeGreaterThan(0.89);
    expect(share, name).toBeLessThanOrEqual(0.985);
  }
}

describe('95 % intervals', () => {
  const random = uniform(11);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  it('of binary decisions hold the truth about that often', () => {
    const sample = (n: number): Metrics =>
      binaryMetrics(
        binaryOf(
          Array.from({ length: n }, () => {
            const p = random() ** 2;
            return { score: p, truth: random() < 0.1 + 0.7 * p };
          }),
        ),
      );
    const names = [
      'errorRate',
      'precision',
      'recall',
      'specificity',
      'balancedAccuracy',
      'f1',
      'mcc',
      'rocAuc',
      'prAuc',
    ];
    expectNominal(coverage([...names, 'brier', 'logLoss'], sample, 300));
  });

  it('of decisions between several classes do', () => {
    const sample = (n: number): Metrics =>
      multiclassMetrics(
        multiclassOf(
          Array.from({ length: n }, () => {
            const truth = Math.min(2, Math.floor(3.5 * random() ** 2));
            return { truth, predicted: random() < 0.7 ? truth : Math.floor(3 * random()) };
          }),
        ),
      ).overall;
    expectNominal(coverage(['accuracy', 'macroPrecision', 'macroRecall', 'macroF1', 'kappa'], sample, 300));
  });

  it('of estimates do', () => {
    const scale = { edges: errorEdges(Array.from({ length: 5_000 }, () => Math.abs(normal()))), tolerance: 1 };
    const sample = (n: number): Metrics => {
      const tally = emptyRegression(scale);
      for (let i = 0; i < n; i++) {
        const truth = 100 + 3 * normal();
        addRegression(tally, scale, { truth, score: truth + 0.2 + normal() });
      }
      return regressionMetrics(tally);
    };
    const names = ['mae', 'rmse', 'bias', 'r2', 'medianAbsoluteError', 'p90AbsoluteError', 'withinTolerance'];
    expectNominal(coverage(names, sample, 300));
  });
});

describe('poisson', () => {
  it.each([0.3, 1, 7, 59, 61, 400])('has mean and variance %d', (mean) => {
    const random = uniform(3);
    const draws = Array.from({ length: 20_000 }, () => poisson(mean, random));
    const average = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - average) ** 2, 0) / draws.length;
    expect(average / mean).toBeCloseTo(1, 1);
    expect(variance / mean).toBeCloseTo(1, 1);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  });
});
