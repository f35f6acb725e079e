import type { LossSums } from '../judge/loss-comparison.ts';
import type { DecidingMetricName } from '../manifest/quality.ts';
import { type BinCounts, binsOf, UNIT_BIN_WIDTH } from './bin-counts.ts';
import type { BinaryTally } from './binary.ts';
import { type CostTable, costSums } from './cost.ts';
import type { Moments } from './moments.ts';
import type { Tally } from './tally.ts';

/** Losses of decisions whose truth is known. */
export interface TruthLosses {
  readonly sums: LossSums;
  /** The largest that one row may have. */
  readonly largest: number;
}

/** -ln of the least probability that a logarithm is taken of. */
const LARGEST_LOG_LOSS = -Math.log(1e-15);

/**
 * Losses of a tally under a metric that is a mean of them; undefined for the others, and where the tally has none. Rows
 * without a probability are in no Brier score or log loss; the costs of decisions count them.
 */
export function truthLosses(metric: DecidingMetricName, tally: Tally, costs?: CostTable): TruthLosses | undefined {
  if (tally.task === 'regression') return undefined;
  if (metric === 'cost') return costs && { sums: costSums(costs, tally), largest: Math.max(...costs.flat()) };
  if (metric !== 'brier' && metric !== 'logLoss') return undefined;
  if (tally.task === 'multiclass') {
    const sums = sumsOf(tally.probabilities[metric]);
    return sums && { sums, largest: metric === 'brier' ? 2 : LARGEST_LOG_LOSS };
  }
  if (tally.probabilities === undefined) return undefined;
  return metric === 'brier'
    ? { sums: binaryBrier(tally, tally.probabilities), largest: 1 }
    : { sums: binaryLogLoss(tally, tally.probabilities), largest: LARGEST_LOG_LOSS };
}

function sumsOf({ n, sum, m2 }: Moments): LossSums | undefined {
  if (n === 0 || sum === null || m2 === null) return undefined;
  return { n, sum, squares: m2 + (sum * sum) / n };
}

type Probabilities = NonNullable<BinaryTally['probabilities']>;

/** Rows with a probability, by true class. */
const rowsOf = ({ tp, fn, tn, fp }: BinaryTally) => ({ positives: tp + fn, negatives: tn + fp });

/**
 * (p - 1)^2 of positives and p^2 of negatives: their sum is exact; of their squares a bound above, by the farther edges
 * of the bins that scores are counted in.
 */
function binaryBrier(tally: BinaryTally, { positive, negative }: Probabilities): LossSums {
  const { positives, negatives } = rowsOf(tally);
  const fourth = (bins: BinCounts, truth: 0 | 1): number => {
    let sum = 0;
    for (const {
      bin,
      counts: [count = 0],
    } of binsOf(bins)) {
      const [low, high] = [bin * UNIT_BIN_WIDTH, (bin + 1) * UNIT_BIN_WIDTH];
      sum += count * Math.max(Math.abs(truth - low), Math.abs(truth - high)) ** 4;
    }
    return sum;
  };
  return {
    n: positives + negatives,
    sum: Math.max(0, positives - 2 * positive.p + positive.p2) + negative.p2,
    squares: fourth(tally.scores.positive, 1) + fourth(tally.scores.negative, 0),
  };
}

function binaryLogLoss(tally: BinaryTally, { positive, negative }: Probabilities): LossSums {
  const { positives, negatives } = rowsOf(tally);
  return {
    n: positives + negatives,
    sum: positive.logLoss + negative.logLoss,
    squares: positive.logLoss2 + negative.logLoss2,
  };
}
