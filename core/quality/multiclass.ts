import * as z from 'zod';
import { BinCounts, Count, countBin, mergeBinCounts, scoreBin } from './bin-counts.ts';
import { clipProbability } from './binary.ts';
import { assertSame, TallyMismatchError } from './mismatch.ts';
import { addValue, Moments, mergeMoments, noMoments } from './moments.ts';

/** Classes that the confusion matrix tells apart; those that follow in the manifest's order are `other`. */
export const MAX_CLASSES = 100;

/** What decisions between several classes of one version, hour and segment turned out to be. */
export const MulticlassTally = z.strictObject({
  task: z.literal('multiclass'),
  /** Names of the classes that are told apart, in the order of the matrix. */
  classes: z.array(z.string()).min(2).max(MAX_CLASSES),
  /** Whether there are more than those: then `other` is several classes, and right and wrong within it look alike. */
  more: z.boolean(),
  n: Count,
  /** Decisions that were right, `other` classes included. */
  correct: Count,
  /**
   * `TRUE,DECIDED` -> count, by index among the classes; one past the last is `other`, and two past it, of decisions
   * only, that the model gave none (a missing label, probabilities that are not finite).
   */
  confusion: z.record(z.string().regex(/^\d+,\d+$/), Count),
  /** Of the rows whose probabilities of all classes are known. */
  probabilities: z.strictObject({
    /** Sum over classes of (p - 1 of the true class, 0 of others)^2: 0 to 2. */
    brier: Moments,
    logLoss: Moments,
    /** Rows by the greatest probability, over 1,000 equal bins; and those of them whose decision was right. */
    top: BinCounts,
    topCorrect: BinCounts,
  }),
});
export type MulticlassTally = z.infer<typeof MulticlassTally>;

/** A decision and what was true. */
export interface MulticlassRow {
  /** Index of the class; past the last for a label that is none of them; null or NaN: the model gave none. */
  readonly predicted: number | null;
  /** Index of the class. */
  readonly truth: number;
  /** One a class, where they are known. */
  readonly probabilities?: ArrayLike<number> | undefined;
}

export const emptyMulticlass = (classes: readonly string[]): MulticlassTally => ({
  task: 'multiclass',
  classes: classes.slice(0, MAX_CLASSES),
  more: classes.length > MAX_CLASSES,
  n: 0,
  correct: 0,
  confusion: {},
  probabilities: { brier: noMoments(), logLoss: noMoments(), top: {}, topCorrect: {} },
});

/** Counts one row, in place. */
export function addMulticlass(tally: MulticlassTally, { predicted, truth, probabilities }: MulticlassRow): void {
  const other = tally.classes.length;
  const given = predicted !== null && Number.isFinite(predicted);
  const cell = `${Math.min(truth, other)},${given ? Math.min(predicted, other) : other + 1}`;
  const correct = given && predicted === truth;
  tally.n++;
  if (correct) tally.correct++;
  tally.confusion[cell] = (tally.confusion[cell] ?? 0) + 1;
  if (probabilities !== undefined) addProbabilities(tally, probabilities, truth, correct);
}

function addProbabilities(tally: MulticlassTally, p: ArrayLike<number>, truth: number, correct: boolean): void {
  if (truth >= p.length) return;
  let [brier, top] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    const each = p[i]!;
    if (!Number.isFinite(each)) return;
    const clipped = Math.min(1, Math.max(0, each));
    brier += (clipped - (i === truth ? 1 : 0)) ** 2;
    top = Math.max(top, clipped);
  }
  const sums = tally.probabilities;
  // The sum may round to a hair beyond the greatest there is.
  addValue(sums.brier, Math.min(brier, 2));
  addValue(sums.logLoss, -Math.log(clipProbability(p[truth]!)));
  const bin = scoreBin(undefined, top);
  countBin(sums.top, bin);
  if (correct) countBin(sums.topCorrect, bin);
}

/** @throws TallyMismatchError when their classes differ */
export function mergeMulticlass(a: MulticlassTally, b: MulticlassTally): MulticlassTally {
  assertSame('classes', a.classes, b.classes);
  if (a.more !== b.more) throw new TallyMismatchError('only one of them has more classes than it tells apart');
  return {
    task: 'multiclass',
    classes: a.classes,
    more: a.more,
    n: a.n + b.n,
    correct: a.correct + b.correct,
    confusion: mergeBinCounts(a.confusion, b.confusion),
    probabilities: {
      brier: mergeMoments(a.probabilities.brier, b.probabilities.brier),
      logLoss: mergeMoments(a.probabilities.logLoss, b.probabilities.logLoss),
      top: mergeBinCounts(a.probabilities.top, b.probabilities.top),
      topCorrect: mergeBinCounts(a.probabilities.topCorrect, b.probabilities.topCorrect),
    },
  };
}
