import { binsOf, UNIT_BIN_WIDTH } from './bin-counts.ts';
import type { BinaryTally } from './binary.ts';
import { bootstrap } from './bootstrap.ts';
import { CALIBRATION_BOUND, calibrationBins, expectedCalibrationError } from './calibration.ts';
import { type Confusion, confusionOf, ratesOf } from './confusion.ts';
import { costMetric } from './cost.ts';
import { shareInterval } from './interval.ts';
import { estimateOf, type Metric, type MetricOptions, nonNegativeMean, notDefined } from './metric.ts';
import { averagePrecision, rocAuc, type ScoreBin } from './ranking.ts';

export type BinaryMetricName =
  | keyof ReturnType<typeof ratesOf>
  | 'rocAuc'
  | 'prAuc'
  | 'brier'
  | 'logLoss'
  | 'calibrationError'
  | 'cost';

/** Metrics of binary decisions by name; those of probabilities only where scores are some. */
export type BinaryMetrics = Partial<Record<BinaryMetricName, Metric>>;

const NO_POSITIVES = 'there are no positives';
const NO_NEGATIVES = 'there are no negatives';
const ONE_CLASS = 'it takes positives and negatives';
const UNKNOWN_NEGATIVES = 'truth is known of predicted positives only';

export function binaryMetrics(tally: BinaryTally, options: MetricOptions = {}): BinaryMetrics {
  const metrics = {
    ...rateMetrics(tally, options),
    ...rankingMetrics(tally, options),
    ...lossMetrics(tally, options),
    ...costMetrics(tally, options),
  };
  if (!options.positivesOnly) return metrics;
  // What was refused has no outcome: whatever counts it would take what is known for all there is.
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [
      name,
      name === 'precision' ? metric : notDefined(UNKNOWN_NEGATIVES, metric.n),
    ]),
  );
}

const costMetrics = (tally: BinaryTally, { costs, designEffect }: MetricOptions): BinaryMetrics =>
  costs === undefined ? {} : { cost: costMetric(costs, tally, designEffect) };

function rateMetrics(tally: BinaryTally, { designEffect = 1 }: MetricOptions): BinaryMetrics {
  const confusion = confusionOf(tally);
  const { tp, fp, tn, fn, invalidPositive, invalidNegative } = confusion;
  const rates = ratesOf(confusion);
  const positives = tp + fn + invalidPositive;
  const negatives = tn + fp + invalidNegative;
  const n = positives + negatives;
  const share = (value: number, of: number, undefinedBecause: string): Metric =>
    estimateOf(value, { n: of, interval: shareInterval(value, of / designEffect), method: 'wilson', undefinedBecause });
  const drawn = bootstrap(
    [tp, fp, tn, fn, invalidPositive, invalidNegative],
    (cells) => {
      const { balancedAccuracy, f1, mcc } = ratesOf(confusionFrom(cells));
      return { balancedAccuracy, f1, mcc };
    },
    { designEffect },
  );
  const resampled = (name: keyof typeof drawn, undefinedBecause: string): Metric =>
    estimateOf(rates[name], { n, interval: drawn[name], method: 'bootstrap', undefinedBecause });
  return {
    errorRate: share(rates.errorRate, n, 'there are no rows'),
    accuracy: share(rates.accuracy, n, 'there are no rows'),
    balancedAccuracy: resampled('balancedAccuracy', ONE_CLASS),
    precision: share(rates.precision, tp + fp, 'no decision was positive'),
    recall: share(rates.recall, positives, NO_POSITIVES),
    specificity: share(rates.specificity, negatives, NO_NEGATIVES),
    f1: resampled('f1', 'there are no positives, true or predicted'),
    mcc: resampled('mcc', 'all truths, or all decisions, are alike'),
    invalidRate: share(rates.invalidRate, n, 'there are no rows'),
  };
}

const confusionFrom = ([
  tp = 0,
  fp = 0,
  tn = 0,
  fn = 0,
  invalidPositive = 0,
  invalidNegative = 0,
]: readonly number[]): Confusion => ({
  tp,
  fp,
  tn,
  fn,
  invalidPositive,
  invalidNegative,
});

/** Of the rows that have a score. */
function rankingMetrics({ scores, probabilities }: BinaryTally, { designEffect = 1 }: MetricOptions): BinaryMetrics {
  const bins = binsOf(scores.positive, scores.negative);
  const scoreBins = (cells: readonly number[]): ScoreBin[] =>
    bins.map((_, i) => ({ positive: cells[2 * i]!, negative: cells[2 * i + 1]! }));
  const calibration = (cells: readonly number[]): number =>
    expectedCalibrationError(
      bins.map(({ bin }, i) => ({ bin, rows: cells[2 * i]! + cells[2 * i + 1]!, hits: cells[2 * i]! })),
    );
  const cells = bins.flatMap(({ counts }) => counts);
  const drawn = bootstrap(
    cells,
    (weighted) => {
      const binned = scoreBins(weighted);
      return {
        rocAuc: rocAuc(binned).value,
        prAuc: averagePrecision(binned).value,
        calibrationError: probabilities ? calibration(weighted) : Number.NaN,
      };
    },
    { designEffect },
  );
  const n = cells.reduce((sum, count) => sum + count, 0);
  const [roc, pr] = [rocAuc(scoreBins(cells)), averagePrecision(scoreBins(cells))];
  const method = 'bootstrap';
  return {
    rocAuc: estimateOf(roc.value, { n, interval: drawn.rocAuc, method, bound: roc.bound, undefinedBecause: ONE_CLASS }),
    prAuc: estimateOf(pr.value, { n, interval: drawn.prAuc, method, bound: pr.bound, undefinedBecause: NO_POSITIVES }),
    ...(probabilities
      ? {
          calibrationError: estimateOf(calibration(cells), {
            n,
            interval: drawn.calibrationError,
            method,
            bound: CALIBRATION_BOUND,
            undefinedBecause: 'there are no probabilities',
          }),
        }
      : {}),
  };
}

/** Means of a loss of probabilities, from exact sums. */
function lossMetrics({ scores, probabilities }: BinaryTally, { designEffect = 1 }: MetricOptions): BinaryMetrics {
  if (probabilities === undefined) return {};
  const { positive, negative } = probabilities;
  const bins = calibrationBins(scores.positive, scores.negative);
  const hits = bins.reduce((sum, bin) => sum + bin.hits, 0);
  const n = bins.reduce((sum, { rows }) => sum + rows, 0);
  const brier = (hits - 2 * positive.p + positive.p2 + negative.p2) / n;
  const logLoss = (positive.logLoss + negative.logLoss) / n;
  // Fourth powers are not kept: their sum is taken over the middles of the bins, for the interval only.
  const fourth = bins.reduce((sum, bin) => {
    const p = (bin.bin + 0.5) * UNIT_BIN_WIDTH;
    return sum + bin.hits * (1 - p) ** 4 + (bin.rows - bin.hits) * p ** 4;
  }, 0);
  const ofMean = (value: number, squares: number): Metric => {
    const variance = (designEffect * Math.max(0, squares / n - value * value)) / n;
    return nonNegativeMean(value, variance, { n, undefinedBecause: 'there are no probabilities' });
  };
  return { brier: ofMean(Math.max(0, brier), fourth), logLoss: ofMean(logLoss, positive.logLoss2 + negative.logLoss2) };
}
