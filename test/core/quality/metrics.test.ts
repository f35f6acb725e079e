import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNIT_BIN_WIDTH } from '../../../core/quality/bin-counts.ts';
import { absoluteErrorQuantile, shareAbove } from '../../../core/quality/binned-errors.ts';
import { calibrationBins, calibrationGroups } from '../../../core/quality/calibration.ts';
import { confusionMatrix } from '../../../core/quality/confusion-matrix.ts';
import type { Metric } from '../../../core/quality/metric.ts';
import { binaryMetrics } from '../../../core/quality/metrics-binary.ts';
import { businessValue } from '../../../core/quality/metrics-business.ts';
import { multiclassMetrics } from '../../../core/quality/metrics-multiclass.ts';
import { regressionMetrics } from '../../../core/quality/metrics-regression.ts';
import { noMoments } from '../../../core/quality/moments.ts';
import { averagePrecision, rocAuc } from '../../../core/quality/ranking.ts';
import {
  binaryOf,
  binaryRow,
  CLASSES,
  multiclassOf,
  multiclassRow,
  regressionOf,
  regressionRow,
  SCORED,
} from './tallies.ts';

const SHARES = [
  'errorRate',
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'specificity',
  'f1',
  'rocAuc',
  'prAuc',
  'brier',
  'calibrationError',
  'invalidRate',
  'macroPrecision',
  'macroRecall',
  'macroF1',
  'withinTolerance',
];

/** What holds of every metric, whatever the rows. */
function expectSound(metrics: Readonly<Record<string, Metric>>): void {
  for (const [name, metric] of Object.entries(metrics)) {
    const { value, low, high, method, reason, bound } = metric;
    expect(value === null, name).toBe(reason !== null);
    expect([low === null, high === null], name).toEqual([method === null, method === null]);
    expect(bound, name).toBeGreaterThanOrEqual(0);
    if (value === null) continue;
    expect(Number.isFinite(value), name).toBe(true);
    if (low !== null) expect(low, name).toBeLessThanOrEqual(value);
    if (high !== null) expect(high, name).toBeGreaterThanOrEqual(value);
    if (!SHARES.includes(name)) continue;
    expect(value, name).toBeGreaterThanOrEqual(0);
    // A sum over classes: up to 2.
    expect(value, name).toBeLessThanOrEqual(name === 'brier' ? 2 : 1 + 1e-12);
  }
}

describe('metrics', () => {
  it('are within their range and their interval, or not defined, whatever the rows', () => {
    fc.assert(
      fc.property(fc.array(binaryRow, { maxLength: 30 }), (rows) => {
        expectSound(binaryMetrics(binaryOf(rows)) as Record<string, Metric>);
        expectSound(binaryMetrics(binaryOf(rows, SCORED)) as Record<string, Metric>);
        const { mcc } = binaryMetrics(binaryOf(rows));
        if (mcc!.value !== null) expect(Math.abs(mcc!.value)).toBeLessThanOrEqual(1 + 1e-12);
      }),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(fc.array(multiclassRow, { maxLength: 30 }), (rows) => {
        const { overall, classes } = multiclassMetrics(multiclassOf(rows));
        expectSound(overall);
        for (const each of Object.values(classes)) expectSound(each);
      }),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(fc.array(regressionRow, { maxLength: 30 }), (rows) => {
        expectSound(regressionMetrics(regressionOf(rows)) as Record<string, Metric>);
      }),
      { numRuns: 40 },
    );
  });

  it('of nothing are not defined, and none of them is 0', () => {
    const of = [
      binaryMetrics(binaryOf([])),
      multiclassMetrics(multiclassOf([])).overall,
      multiclassMetrics(multiclassOf([])).classes.a!,
      regressionMetrics(regressionOf([])),
      businessValue(noMoments()),
    ];
    for (const metrics of of)
      for (const [name, metric] of Object.entries(metrics)) expect(metric, name).toMatchObject({ value: null, n: 0 });
  });

  it('read off bins are as far from those of the scores as they say, at most', () => {
    const exact = fc.array(fc.record({ score: fc.double({ min: 0, max: 0.004, noNaN: true }), truth: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(exact, (rows) => {
        const { rocAuc: roc, prAuc: pr } = binaryMetrics(binaryOf(rows));
        // Each distinct score a bin of its own: nothing is lost.
        const scores = [...new Set(rows.map((row) => row.score))].sort((a, b) => a - b);
        const bins = scores.map((each) => ({
          positive: rows.filter((row) => row.score === each && row.truth).length,
          negative: rows.filter((row) => row.score === each && !row.truth).length,
        }));
        for (const [metric, { value }] of [
          [roc!, rocAuc(bins)],
          [pr!, averagePrecision(bins)],
        ] as const)
          if (metric.value === null) expect(value).toBeNaN();
          else expect(Math.abs(metric.value - value)).toBeLessThanOrEqual(metric.bound + 1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('have an average precision of 1 where all are positive, as scikit-learn has it, and none without positives', () => {
    const of = (truth: boolean) => binaryMetrics(binaryOf([0.2, 0.7].map((score) => ({ score, truth })))).prAuc;
    expect(of(true)).toMatchObject({ value: 1, bound: 0 });
    expect(of(false)).toMatchObject({ value: null, reason: 'there are no positives' });
  });

  it('bound the average precision of many positives in one bin, too', () => {
    const { value, bound } = averagePrecision([{ positive: 20_000, negative: 20_000 }]);
    expect(value).toBe(0.5);
    // All negatives first: 1 - ln 2; all positives first and tied: 1.
    expect(value - bound).toBeLessThanOrEqual(1 - Math.LN2);
    expect(value + bound).toBeGreaterThanOrEqual(1);
  });
});

describe('a score that is none', () => {
  it('is an error of its own kind: it misses its class, and was predicted neither way', () => {
    const metrics = binaryMetrics(
      binaryOf([
        { score: null, truth: true },
        { score: Number.NaN, truth: false },
        { score: 0.9, truth: true },
        { score: 0.1, truth: false },
      ]),
    );
    const values = Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
    expect(values).toMatchObject({ errorRate: 0.5, recall: 0.5, specificity: 0.5, precision: 1, invalidRate: 0.5 });
    expect(metrics.rocAuc).toMatchObject({ value: 1, n: 2 });
  });

  it('is a column of its own in a confusion matrix, and so is a label that no class has', () => {
    const tally = multiclassOf([
      { predicted: null, truth: 0 },
      { predicted: 3, truth: 1 },
      { predicted: 1, truth: 1 },
    ]);
    expect(confusionMatrix(tally)).toEqual({
      truths: CLASSES,
      decisions: [...CLASSES, 'other', 'none'],
      counts: [
        [0, 0, 0, 0, 1],
        [0, 1, 0, 1, 0],
        [0, 0, 0, 0, 0],
      ],
    });
    expect(multiclassMetrics(tally).overall).toMatchObject({
      accuracy: { value: 1 / 3 },
      invalidRate: { value: 1 / 3 },
    });
  });

  it('is above any absolute error, and within no tolerance', () => {
    const tally = regressionOf([
      { score: null, truth: 1 },
      { score: 1, truth: 1 },
    ]);
    expect(shareAbove(tally, 100).value).toBe(0.5);
    expect(regressionMetrics(tally)).toMatchObject({ withinTolerance: { value: 0.5 }, mae: { value: 0, n: 1 } });
  });
});

describe('more than 100 classes', () => {
  const many = Array.from({ length: 150 }, (_, i) => `class ${i}`);
  const tally = multiclassOf(
    [
      { predicted: 120, truth: 120 },
      { predicted: 121, truth: 120 },
      { predicted: 0, truth: 0 },
    ],
    many,
  );

  it('are other from the hundredth on, and the error rate is exact all the same', () => {
    expect(tally.classes).toHaveLength(100);
    const { overall, classes } = multiclassMetrics(tally);
    expect(overall.errorRate.value).toBeCloseTo(1 / 3, 12);
    expect(classes['class 0']!.recall.value).toBe(1);
    for (const name of ['kappa', 'macroPrecision', 'macroRecall', 'macroF1'] as const)
      expect(overall[name], name).toMatchObject({ value: null, reason: 'there are more than 100 classes' });
    expect(Object.keys(classes)).toHaveLength(100);
  });
});

describe('a quantile of absolute errors', () => {
  it('is within its bin, and the largest is exact', () => {
    const tally = regressionOf([0.1, 0.7, 3, 100].map((e) => ({ score: e, truth: 0 })));
    expect(absoluteErrorQuantile(tally, 0.5)).toEqual({ value: 1, bound: 0.5 });
    expect(absoluteErrorQuantile(tally, 1).value).toBe(100);
    // Of three rows, half are not exceeded by the second.
    const three = regressionOf([0.1, 0.7, 3].map((e) => ({ score: e, truth: 0 })));
    expect(absoluteErrorQuantile(three, 0.5)).toEqual({ value: 1, bound: 0.5 });
  });
});

describe('calibration groups', () => {
  it('hold about equally many rows, and all of them', () => {
    const tally = binaryOf(Array.from({ length: 3_000 }, (_, i) => ({ score: (i / 3_000) ** 2, truth: i % 3 === 0 })));
    const groups = calibrationGroups(calibrationBins(tally.scores.positive, tally.scores.negative));
    expect(groups).toHaveLength(15);
    expect(groups.reduce((sum, { n }) => sum + n, 0)).toBe(3_000);
    for (const { n, low, high, predicted } of groups) {
      expect(Math.abs(n - 200)).toBeLessThan(120);
      expect(predicted).toBeGreaterThanOrEqual(low);
      expect(predicted).toBeLessThanOrEqual(high);
      expect(high - low).toBeGreaterThanOrEqual(UNIT_BIN_WIDTH - 1e-12);
    }
  });
});
