import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addBinary, emptyBinary } from '../../../core/quality/binary.ts';
import { shareAbove } from '../../../core/quality/binned-errors.ts';
import { confusionMatrix } from '../../../core/quality/confusion-matrix.ts';
import { errorEdges, GENERIC_ERROR_EDGES } from '../../../core/quality/error-bins.ts';
import { shareInterval } from '../../../core/quality/interval.ts';
import type { Metric } from '../../../core/quality/metric.ts';
import { binaryMetrics } from '../../../core/quality/metrics-binary.ts';
import { multiclassMetrics } from '../../../core/quality/metrics-multiclass.ts';
import { regressionMetrics } from '../../../core/quality/metrics-regression.ts';
import { addMulticlass, emptyMulticlass } from '../../../core/quality/multiclass.ts';
import { agreementOf, pairedDifference, pairedErrors, rankCorrelation } from '../../../core/quality/paired.ts';
import { addRegression, emptyRegression, type RegressionTally } from '../../../core/quality/regression.ts';

type Expected = Record<string, number | null>;

/** Answers of scikit-learn and scipy, made by oracles.py. */
const oracles = JSON.parse(readFileSync(path.join(import.meta.dirname, 'oracles.json'), 'utf8')) as {
  binary: { threshold: number; rows: [number, number, number][]; expected: Expected };
  edges: { name: string; y: number[]; p: (number | null)[]; threshold: number; expected: Expected }[];
  multiclass: {
    classes: string[];
    rows: number[][];
    confusion: number[][];
    expected: Expected;
    each: Record<'precision' | 'recall' | 'f1', (number | null)[]>;
  };
  regression: { tolerance: number; rows: [number, number][]; expected: Expected };
  paired: Record<'bothRight' | 'bothWrong' | 'onlyFirstWrong' | 'onlySecondWrong' | 'mcnemar' | 'spearman', number> & {
    brier: { mean: number; low: number; high: number };
    agreement: { alike: number; n: number };
  };
  wilson: { successes: number; n: number; low: number; high: number }[];
  mcnemar: { only: [number, number]; p: number }[];
  spearman: { first: number[]; second: number[]; rho: number }[];
};

const TOLERANCE = 1e-6;

/** To 1e-6, or what is read off bins to within the bound that it states. */
function expectMetrics(metrics: Readonly<Record<string, Metric | undefined>>, expected: Expected): void {
  for (const [name, value] of Object.entries(expected)) {
    const metric = metrics[name];
    expect(metric, name).toBeDefined();
    if (value === null) {
      expect(metric!.value, name).toBeNull();
      expect(metric!.reason, name).toMatch(/\w/);
      continue;
    }
    expect(metric!.value, name).not.toBeNull();
    expect(Math.abs(metric!.value! - value), `${name}: ${metric!.value}, expected ${value}`).toBeLessThanOrEqual(
      metric!.bound + TOLERANCE,
    );
    if (metric!.low !== null) {
      expect(metric!.low, name).toBeLessThanOrEqual(metric!.value!);
      expect(metric!.high, name).toBeGreaterThanOrEqual(metric!.value!);
    }
  }
}

const binaryOf = (y: readonly number[], p: readonly (number | null)[], threshold: number) => {
  const scale = { threshold, probabilities: true };
  const tally = emptyBinary(scale);
  for (const [i, truth] of y.entries()) addBinary(tally, scale, { score: p[i]!, truth: truth === 1 });
  return binaryMetrics(tally);
};

describe('binary metrics', () => {
  it('are those of scikit-learn on the flights of the storms', () => {
    const { rows, threshold, expected } = oracles.binary;
    const metrics = binaryOf(
      rows.map(([y]) => y),
      rows.map(([, p]) => p),
      threshold,
    );
    expectMetrics(metrics, expected);
    // What is read off bins says so, and is not far off; the rest is exact.
    const binned = Object.entries(metrics).filter(([, { bound }]) => bound > 0);
    expect(binned.map(([name]) => name).sort()).toEqual(['calibrationError', 'prAuc', 'rocAuc']);
    expect(metrics.rocAuc!.bound).toBeLessThan(0.003);
    expect(metrics.prAuc!.bound).toBeLessThan(0.02);
  });

  it.each(oracles.edges)('are those of scikit-learn of $name', ({ y, p, threshold, expected }) => {
    expectMetrics(binaryOf(y, p, threshold), expected);
  });

  it('leave all but precision open where truth is of predicted positives only', () => {
    const scale = { threshold: 0.5, probabilities: true };
    const tally = emptyBinary(scale);
    for (const [score, truth] of [
      [0.9, true],
      [0.8, true],
      [0.7, false],
    ] as const)
      addBinary(tally, scale, { score, truth });
    const { precision, ...rest } = binaryMetrics(tally, { positivesOnly: true });
    expect(precision!.value).toBeCloseTo(2 / 3, 12);
    for (const [name, metric] of Object.entries(rest)) {
      expect(metric.value, name).toBeNull();
      expect(metric.reason, name).toContain('predicted positives only');
    }
  });

  it('take probabilities outside of [0, 1] for the nearer end, and count them', () => {
    const scale = { threshold: 0.5, probabilities: true };
    const tally = emptyBinary(scale);
    addBinary(tally, scale, { score: 1.5, truth: true });
    addBinary(tally, scale, { score: -0.5, truth: true });
    expect(tally.probabilities!.outside).toBe(2);
    expect(binaryMetrics(tally).brier!.value).toBe(0.5);
  });
});

describe('multiclass metrics', () => {
  const { classes, rows, expected, each, confusion } = oracles.multiclass;
  const tally = emptyMulticlass(classes);
  for (const [truth, ...probabilities] of rows)
    addMulticlass(tally, {
      truth: truth!,
      probabilities,
      predicted: probabilities.indexOf(Math.max(...probabilities)),
    });
  const metrics = multiclassMetrics(tally);

  it('are those of scikit-learn on the carriers of flights', () => {
    expectMetrics(metrics.overall, expected);
    expect(metrics.overall.invalidRate.value).toBe(0);
  });

  it('are so for each class', () => {
    for (const [i, name] of classes.entries())
      expectMetrics(metrics.classes[name]!, {
        precision: each.precision[i]!,
        recall: each.recall[i]!,
        f1: each.f1[i]!,
      });
  });

  it('have the same confusion matrix', () => {
    expect(confusionMatrix(tally)).toEqual({ truths: classes, decisions: classes, counts: confusion });
  });
});

describe('regression metrics', () => {
  const { tolerance, rows, expected } = oracles.regression;
  const absolute = rows.map(([y, guess]) => Math.abs(guess - y));
  const tallyOver = (edges: readonly number[]): RegressionTally => {
    const tally = emptyRegression({ edges, tolerance });
    for (const [truth, score] of rows) addRegression(tally, { edges, tolerance }, { score, truth });
    return tally;
  };

  it.each([
    ['the reference’s own bins', errorEdges(absolute)],
    ['bins for any error', GENERIC_ERROR_EDGES],
    ['one bin', []],
  ])('are those of scikit-learn on air times, over %s', (_, edges) => {
    expectMetrics(regressionMetrics(tallyOver(edges)), expected);
  });

  it('read quantiles off the reference’s bins to a few percent', () => {
    const { medianAbsoluteError, p90AbsoluteError } = regressionMetrics(tallyOver(errorEdges(absolute)));
    expect(medianAbsoluteError!.bound).toBeLessThan(0.05 * medianAbsoluteError!.value!);
    expect(p90AbsoluteError!.bound).toBeLessThan(0.1 * p90AbsoluteError!.value!);
  });

  it('know the share of errors above any value to the share of its bin', () => {
    const tally = tallyOver(errorEdges(absolute));
    for (const value of [0, 0.01, 3, 5.5, 14.7, 40, 1_000]) {
      const exact = absolute.filter((each) => each > value).length / absolute.length;
      const { value: found, bound } = shareAbove(tally, value);
      expect(Math.abs(found - exact), String(value)).toBeLessThanOrEqual(bound + 1e-12);
      expect(bound).toBeLessThan(0.02);
    }
  });
});

describe('two versions on the same rows', () => {
  const { rows, threshold } = oracles.binary;
  const expected = oracles.paired;

  it('are told apart as scipy does', () => {
    const wrong = rows.map(
      ([y, ...scores]): [boolean, boolean] => scores.map((p) => p >= threshold !== (y === 1)) as [boolean, boolean],
    );
    const { bothRight, bothWrong, onlyFirstWrong, onlySecondWrong, mcnemar } = expected;
    const { p, ...counts } = pairedErrors(wrong);
    expect(counts).toEqual({ bothRight, bothWrong, onlyFirstWrong, onlySecondWrong });
    expect(p).toBeCloseTo(mcnemar, 9);
    const difference = pairedDifference(
      rows.map(([y, a, b], i) => ({ sum: [(a - y) ** 2, (b - y) ** 2], weight: [1, 1], unit: String(i) })),
    )!;
    for (const part of ['mean', 'low', 'high'] as const)
      expect(difference[part], part).toBeCloseTo(expected.brier[part], 9);
    const { alike, n, interval } = agreementOf(rows.map(([, a, b]) => [a >= threshold, b >= threshold]));
    expect({ alike, n }).toEqual(expected.agreement);
    expect(interval!.low).toBeLessThan(alike / n);
    expect(rankCorrelation(rows.map(([, a, b]) => [a, b]))).toBeCloseTo(expected.spearman, 9);
  });

  it.each(oracles.mcnemar)('have McNemar’s p-value of $only', ({ only: [a, b], p }) => {
    const wrong = [
      ...Array.from({ length: a }, (): [boolean, boolean] => [true, false]),
      ...Array.from({ length: b }, (): [boolean, boolean] => [false, true]),
    ];
    expect(pairedErrors(wrong).p).toBeCloseTo(p, 9);
  });

  it.each(oracles.spearman)('have Spearman’s rank correlation with ties', ({ first, second, rho }) => {
    expect(rankCorrelation(first.map((a, i) => [a, second[i]!]))).toBeCloseTo(rho, 12);
  });

  it('have no correlation of a constant, and no difference of one row', () => {
    expect(
      rankCorrelation([
        [1, 2],
        [1, 3],
      ]),
    ).toBeUndefined();
    const term = (sum: [number, number], weight: [number, number], unit: string) => ({ sum, weight, unit });
    expect(pairedDifference([term([1, 2], [1, 1], 'a')])).toBeUndefined();
    expect(pairedDifference([term([1, 2], [1, 1], 'a'), term([1, 2], [1, 1], 'a')])).toBeUndefined();
    // Each mean is over its own part of the rows.
    expect(pairedDifference([term([1, 3], [1, 1], 'a'), term([0, 5], [0, 1], 'b')])).toMatchObject({ n: 2, mean: 3 });
    expect(pairedDifference([term([0, 1], [0, 1], 'a'), term([0, 1], [0, 1], 'b')])).toBeUndefined();
  });

  it('differ by as much as rows that are sent twice do, where both are of one unit', () => {
    const one = rows.map(([y, a, b], i) => ({
      sum: [(a - y) ** 2, (b - y) ** 2] as const,
      weight: [1, 1] as const,
      unit: String(i),
    }));
    const once = pairedDifference(one)!;
    const twice = pairedDifference([...one, ...one])!;
    expect(twice).toMatchObject({ n: 2 * one.length, units: one.length });
    for (const part of ['mean', 'low', 'high'] as const) expect(twice[part], part).toBeCloseTo(once[part], 12);
  });
});

describe('wilson', () => {
  it.each(oracles.wilson)('is scipy’s of $successes of $n', ({ successes, n, low, high }) => {
    const interval = shareInterval(successes / n, n)!;
    expect(interval.low).toBeCloseTo(low, 9);
    expect(interval.high).toBeCloseTo(high, 9);
  });
});
