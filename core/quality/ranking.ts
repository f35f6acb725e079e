/** Scores of one bin, by what was true; also weighted ones of a resample. */
export interface ScoreBin {
  readonly positive: number;
  readonly negative: number;
}

/** A measure of how scores rank, and how far it may be from that of the scores themselves. */
export interface Ranking {
  readonly value: number;
  readonly bound: number;
}

const UNKNOWN: Ranking = { value: Number.NaN, bound: 0 };

/**
 * Area under the ROC curve by the trapezoid over bins: a pair of one bin counts a half, whatever the order of its
 * scores. So it is off by at most half the share of such pairs, and exact where the scores of a bin are equal.
 *
 * @param ascending bins in the order of their scores
 */
export function rocAuc(ascending: readonly ScoreBin[]): Ranking {
  let [below, won, tied, positives] = [0, 0, 0, 0];
  for (const { positive, negative } of ascending) {
    won += positive * below;
    tied += positive * negative;
    below += negative;
    positives += positive;
  }
  const pairs = positives * below;
  return pairs === 0 ? UNKNOWN : { value: (won + tied / 2) / pairs, bound: tied / 2 / pairs };
}

/**
 * Average precision: the precision at each threshold, weighted by how much recall is gained there, thresholds being
 * those between bins. The bound is the larger distance to what it would be if all positives of every bin came after
 * its negatives, or all of them before and tied with each other.
 *
 * @param ascending bins in the order of their scores
 */
export function averagePrecision(ascending: readonly ScoreBin[]): Ranking {
  let [tp, fp, sum, lowest, highest] = [0, 0, 0, 0, 0];
  for (let i = ascending.length - 1; i >= 0; i--) {
    const { positive, negative } = ascending[i]!;
    if (positive > 0) {
      sum += (positive * (tp + positive)) / (tp + positive + fp + negative);
      highest += (positive * (tp + positive)) / (tp + positive + fp);
      lowest += lastPrecisions(tp, positive, fp + negative);
    }
    tp += positive;
    fp += negative;
  }
  return tp === 0 ? UNKNOWN : { value: sum / tp, bound: Math.max(highest - sum, sum - lowest) / tp };
}

/** Sum over k of (tp + k) / (tp + k + fp): of positives that come one by one after so many negatives. */
function lastPrecisions(tp: number, positives: number, fp: number): number {
  if (fp === 0) return positives;
  // Of many: the integral of a rising function from one earlier is less than the sum.
  if (positives > 10_000) return positives - fp * Math.log((tp + positives + fp) / (tp + fp));
  let sum = 0;
  for (let k = 1; k <= positives; k++) sum += (tp + k) / (tp + k + fp);
  return sum;
}
