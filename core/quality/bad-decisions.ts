import type { Counts } from '../judge/counts.ts';
import type { JudgeRules } from '../judge/rules.ts';
import type { BinaryTally } from './binary.ts';
import { confusionOf } from './confusion.ts';
import { matrixOf } from './confusion-matrix.ts';
import type { MulticlassTally } from './multiclass.ts';
import type { RegressionTally } from './regression.ts';
import type { Tally } from './tally.ts';

/** A rate that truths give: what is counted as bad of which rows. */
export interface TruthRate {
  readonly metric: JudgeRules['quality'][number]['metric'];
  readonly className?: string;
  readonly counts: Counts;
  /** Of rows of a class that are missed: the class that most of them are taken for. */
  readonly takenFor?: string | undefined;
}

/** Absolute errors from which a regression's answers are bad: the reference's median and 90th percentile, of its bins. */
export interface ErrorLimits {
  readonly edges: readonly number[];
  /** Bins from this one on are above. */
  readonly median: number;
  readonly p90: number;
}

/** Rates that a tally gives, in the order of bad decisions. Losses that are no shares of rows are not among them. */
export function truthRates(tally: Tally, limits?: ErrorLimits): TruthRate[] {
  if (tally.task === 'binary') return binaryRates(tally);
  return tally.task === 'multiclass' ? multiclassRates(tally) : regressionRates(tally, limits);
}

function binaryRates(tally: BinaryTally): TruthRate[] {
  const { tp, fp, tn, fn, invalidPositive, invalidNegative } = confusionOf(tally);
  const [positives, negatives] = [tp + fn + invalidPositive, tn + fp + invalidNegative];
  return [
    { metric: 'errorRate', counts: { n: positives + negatives, bad: positives + negatives - tp - tn } },
    { metric: 'recall', counts: { n: positives, bad: positives - tp } },
    { metric: 'specificity', counts: { n: negatives, bad: negatives - tn } },
    { metric: 'precision', counts: { n: tp + fp, bad: fp } },
  ];
}

function multiclassRates(tally: MulticlassTally): TruthRate[] {
  const matrix = matrixOf(tally);
  const ofClass = (i: number): Counts => {
    const n = matrix[i]!.reduce((sum, count) => sum + count, 0);
    return { n, bad: n - matrix[i]![i]! };
  };
  const takenFor = (i: number): string | undefined => {
    const wrong = matrix[i]!.map((count, decided) => (decided === i ? 0 : count));
    const [most, all] = [Math.max(...wrong), wrong.reduce((sum, count) => sum + count, 0)];
    return all > 0 && 2 * most > all ? tally.classes[wrong.indexOf(most)] : undefined;
  };
  const decidedOn = (i: number): Counts => {
    const n = matrix.reduce((sum, row) => sum + row[i]!, 0);
    return { n, bad: n - matrix[i]![i]! };
  };
  return [
    { metric: 'errorRate', counts: { n: tally.n, bad: tally.n - tally.correct } },
    ...tally.classes.map((className, i) => ({
      metric: 'recall' as const,
      className,
      counts: ofClass(i),
      takenFor: takenFor(i),
    })),
    ...tally.classes.map((className, i) => ({ metric: 'precision' as const, className, counts: decidedOn(i) })),
  ];
}

function regressionRates(tally: RegressionTally, limits: ErrorLimits | undefined): TruthRate[] {
  const { counts, invalid, within, edges } = tally;
  const n = counts.reduce((sum, count) => sum + count, invalid);
  const rates: TruthRate[] = within === undefined ? [] : [{ metric: 'errorRate', counts: { n, bad: n - within } }];
  // Bins of other edges cannot be held against these.
  if (limits === undefined || limits.edges.join() !== edges.join()) return rates;
  const above = (bin: number): Counts => ({ n, bad: counts.slice(bin).reduce((sum, count) => sum + count, invalid) });
  return [
    ...rates,
    { metric: 'errorAboveMedian', counts: above(limits.median) },
    { metric: 'errorAboveP90', counts: above(limits.p90) },
  ];
}

/** Limits by the reference's own errors, so that the half and the tenth of its answers are bad. */
export function errorLimits({ edges, counts }: RegressionTally): ErrorLimits {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const binOf = (share: number): number => {
    let seen = 0;
    const bin = counts.findIndex((count) => {
      seen += count;
      return seen >= share * n;
    });
    return bin + 1;
  };
  return { edges, median: binOf(0.5), p90: binOf(0.9) };
}
