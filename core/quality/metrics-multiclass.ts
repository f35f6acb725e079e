import { binsOf } from './bin-counts.ts';
import { bootstrap } from './bootstrap.ts';
import { CALIBRATION_BOUND, type CalibrationBin, expectedCalibrationError } from './calibration.ts';
import { matrixOf } from './confusion-matrix.ts';
import { costMetric } from './cost.ts';
import { shareInterval } from './interval.ts';
import { estimateOf, type Metric, type MetricOptions, nonNegativeMean, notDefined } from './metric.ts';
import { type Moments, meanOf, varianceOf } from './moments.ts';
import type { MulticlassTally } from './multiclass.ts';

export interface MulticlassMetrics {
  readonly overall: Readonly<Record<MulticlassMetricName, Metric>> & { readonly cost?: Metric };
  /** By class, of those that are told apart. */
  readonly classes: Readonly<Record<string, Readonly<Record<'precision' | 'recall' | 'f1', Metric>>>>;
}

export type MulticlassMetricName =
  | 'errorRate'
  | 'accuracy'
  | 'macroPrecision'
  | 'macroRecall'
  | 'macroF1'
  | 'kappa'
  | 'brier'
  | 'logLoss'
  | 'calibrationError'
  | 'invalidRate';

const NO_PROBABILITIES = 'no probabilities of all classes are known';

export function multiclassMetrics(
  tally: MulticlassTally,
  { designEffect = 1, costs }: MetricOptions = {},
): MulticlassMetrics {
  const { n, correct, classes } = tally;
  const matrix = matrixOf(tally);
  const invalid = matrix.reduce((sum, row) => sum + row.at(-1)!, 0);
  const share = (value: number, of: number, undefinedBecause: string): Metric =>
    estimateOf(value, { n: of, interval: shareInterval(value, of / designEffect), method: 'wilson', undefinedBecause });
  const summary = summaryOf(matrix, classes.length);
  const drawn = resampled(matrix, classes.length, designEffect);
  // Within `other` neither how good each class is is known, nor what agrees by chance.
  const macro = (name: keyof Summary, undefinedBecause: string): Metric =>
    tally.more
      ? notDefined(`there are more than ${classes.length} classes`, n)
      : estimateOf(summary[name], { n, interval: drawn[name], method: 'bootstrap', undefinedBecause });
  const perClass = classes.map((name, i) => {
    const { hits, truths, decisions, f1 } = classRates(matrix, i);
    return [
      name,
      {
        precision: share(hits / decisions, decisions, 'the class was never decided on'),
        recall: share(hits / truths, truths, 'the class was never true'),
        f1: estimateOf(f1, {
          n,
          interval: drawn[`f1 ${i}`],
          method: 'bootstrap',
          undefinedBecause: 'the class was never true nor decided on',
        }),
      },
    ] as const;
  });
  return {
    overall: {
      errorRate: share((n - correct) / n, n, 'there are no rows'),
      accuracy: share(correct / n, n, 'there are no rows'),
      macroPrecision: macro('macroPrecision', 'there are no rows'),
      macroRecall: macro('macroRecall', 'there are no rows'),
      macroF1: macro('macroF1', 'there are no rows'),
      kappa: macro('kappa', 'all truths and decisions are of one class'),
      invalidRate: share(invalid / n, n, 'there are no rows'),
      ...probabilityMetrics(tally, designEffect),
      ...(costs === undefined ? {} : { cost: costMetric(costs, tally, designEffect) }),
    },
    classes: Object.fromEntries(perClass),
  };
}

interface ClassRates {
  readonly hits: number;
  readonly truths: number;
  readonly decisions: number;
  /** NaN where the class was never true nor decided on. */
  readonly f1: number;
}

function classRates(matrix: readonly (readonly number[])[], i: number): ClassRates {
  const hits = matrix[i]![i]!;
  const truths = matrix[i]!.reduce((sum, count) => sum + count, 0);
  const decisions = matrix.reduce((sum, row) => sum + row[i]!, 0);
  return { hits, truths, decisions, f1: (2 * hits) / (truths + decisions) };
}

interface Summary {
  readonly macroPrecision: number;
  readonly macroRecall: number;
  readonly macroF1: number;
  readonly kappa: number;
}

/** Means over the classes for which each is defined, as scikit-learn has them with `zero_division` nan. */
function summaryOf(matrix: readonly (readonly number[])[], classes: number): Summary {
  const rates = Array.from({ length: classes }, (_, i) => classRates(matrix, i));
  const mean = (values: readonly number[]): number => {
    const defined = values.filter((value) => !Number.isNaN(value));
    return defined.reduce((sum, value) => sum + value, 0) / defined.length;
  };
  return {
    macroPrecision: mean(rates.map(({ hits, decisions }) => hits / decisions)),
    macroRecall: mean(rates.map(({ hits, truths }) => hits / truths)),
    macroF1: mean(rates.map(({ f1 }) => f1)),
    kappa: kappaOf(matrix),
  };
}

/** J. Cohen, "A coefficient of agreement for nominal scales" (1960); `other` and `none` are categories like others. */
function kappaOf(matrix: readonly (readonly number[])[]): number {
  const rows = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const n = rows.reduce((sum, count) => sum + count, 0);
  const agreed = matrix.reduce((sum, row, i) => sum + row[i]!, 0) / n;
  const byChance =
    rows.reduce((sum, count, i) => sum + count * matrix.reduce((column, row) => column + row[i]!, 0), 0) / (n * n);
  return byChance === 1 ? Number.NaN : (agreed - byChance) / (1 - byChance);
}

function resampled(matrix: readonly (readonly number[])[], classes: number, designEffect: number) {
  const cells = matrix.flatMap((row, truth) =>
    row.flatMap((count, decision) => (count > 0 ? [{ truth, decision, count }] : [])),
  );
  return bootstrap(
    cells.map(({ count }) => count),
    (weighted): Readonly<Record<string, number>> => {
      const drawn = matrix.map((row) => row.map(() => 0));
      for (const [i, { truth, decision }] of cells.entries()) drawn[truth]![decision] = weighted[i]!;
      const f1 = Array.from({ length: classes }, (_, i) => [`f1 ${i}`, classRates(drawn, i).f1]);
      return { ...summaryOf(drawn, classes), ...Object.fromEntries(f1) };
    },
    { designEffect },
  );
}

function probabilityMetrics(
  { probabilities: { brier, logLoss, top, topCorrect } }: MulticlassTally,
  designEffect: number,
): Record<'brier' | 'logLoss' | 'calibrationError', Metric> {
  const ofMean = (moments: Moments): Metric =>
    nonNegativeMean(meanOf(moments), (designEffect * varianceOf(moments)) / moments.n, {
      n: moments.n,
      undefinedBecause: NO_PROBABILITIES,
    });
  const bins = topBins(top, topCorrect);
  const drawn = bootstrap(
    bins.flatMap(({ rows, hits }) => [hits, rows - hits]),
    (cells) => ({
      calibrationError: expectedCalibrationError(
        bins.map(({ bin }, i) => ({ bin, rows: cells[2 * i]! + cells[2 * i + 1]!, hits: cells[2 * i]! })),
      ),
    }),
    { designEffect },
  );
  return {
    brier: ofMean(brier),
    logLoss: ofMean(logLoss),
    calibrationError: estimateOf(expectedCalibrationError(bins), {
      n: brier.n,
      interval: drawn.calibrationError,
      method: 'bootstrap',
      bound: CALIBRATION_BOUND,
      undefinedBecause: NO_PROBABILITIES,
    }),
  };
}

/** Bins of the greatest probability, with how often the decision was right. */
export const topBins = (
  top: MulticlassTally['probabilities']['top'],
  correct: MulticlassTally['probabilities']['topCorrect'],
): CalibrationBin[] => binsOf(top, correct).map(({ bin, counts: [rows = 0, hits = 0] }) => ({ bin, rows, hits }));
