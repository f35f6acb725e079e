import type { BinaryTally } from './binary.ts';

/** Counts of decisions by what was true; also weighted ones of a resample. */
export interface Confusion {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
  /** Rows without a score. */
  readonly invalidPositive: number;
  readonly invalidNegative: number;
}

export const confusionOf = ({ tp, fp, tn, fn, invalid }: BinaryTally): Confusion => ({
  tp,
  fp,
  tn,
  fn,
  invalidPositive: invalid.positive,
  invalidNegative: invalid.negative,
});

const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);

/**
 * Metrics of decisions, as scikit-learn defines them with `zero_division` nan: NaN wherever something would be divided
 * by nothing (also of MCC, which it takes for 0, and balanced accuracy of one class, which it takes for that one's
 * recall). A row without a score is wrong and was decided neither way: it misses a positive or a negative, and is in no
 * precision.
 */
export function ratesOf({ tp, fp, tn, fn, invalidPositive, invalidNegative }: Confusion) {
  const positives = tp + fn + invalidPositive;
  const negatives = tn + fp + invalidNegative;
  const n = positives + negatives;
  const recall = ratio(tp, positives);
  const specificity = ratio(tn, negatives);
  return {
    errorRate: ratio(n - tp - tn, n),
    accuracy: ratio(tp + tn, n),
    balancedAccuracy: (recall + specificity) / 2,
    precision: ratio(tp, tp + fp),
    recall,
    specificity,
    f1: ratio(2 * tp, positives + tp + fp),
    mcc: correlation([positives, negatives], [tp + fp, tn + fn, invalidPositive + invalidNegative], {
      correct: tp + tn,
      n,
    }),
    invalidRate: ratio(invalidPositive + invalidNegative, n),
  };
}

/** Matthews' coefficient for any number of decisions (J. Gorodkin, 2004); with two it is the usual one. */
function correlation(
  truths: readonly [number, number],
  decisions: readonly [number, number, number],
  { correct, n }: { readonly correct: number; readonly n: number },
): number {
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const spread = Math.sqrt(n * n - dot(decisions, decisions)) * Math.sqrt(n * n - dot(truths, truths));
  return ratio(correct * n - dot(truths, decisions), spread);
}
