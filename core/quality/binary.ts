import * as z from 'zod';
import { BinCounts, Count, countBin, mergeBinCounts, scoreBin } from './bin-counts.ts';
import { assertSame, TallyMismatchError } from './mismatch.ts';

/** Sums over the probabilities of the rows of one true class; doubles, all of one sign (see Moments for the bound). */
const ProbabilitySums = z.strictObject({
  p: z.number(),
  p2: z.number(),
  logLoss: z.number(),
  logLoss2: z.number(),
});
type ProbabilitySums = z.infer<typeof ProbabilitySums>;

/** What binary decisions of one version, hour and segment turned out to be. */
export const BinaryTally = z.strictObject({
  task: z.literal('binary'),
  /** Decisions at the version's own threshold, by what was true. */
  tp: Count,
  fp: Count,
  tn: Count,
  fn: Count,
  /** Rows whose score was missing or not a finite number, by what was true: wrong, whatever the decision was taken for. */
  invalid: z.strictObject({ positive: Count, negative: Count }),
  /** Counts of scores by true class, over these edges, or over 1,000 equal bins of [0, 1] where there are none. */
  scores: z.strictObject({
    edges: z.array(z.number()).max(1_000).optional(),
    positive: BinCounts,
    negative: BinCounts,
  }),
  /** Only where scores are probabilities. */
  probabilities: z
    .strictObject({
      positive: ProbabilitySums,
      negative: ProbabilitySums,
      /** Finite ones outside of [0, 1], which count as the nearer end. */
      outside: Count,
    })
    .optional(),
});
export type BinaryTally = z.infer<typeof BinaryTally>;

/** How a version's scores are counted. */
export interface BinaryScale {
  /** The decision is positive from this score on. */
  readonly threshold: number;
  /** Whether scores are probabilities. */
  readonly probabilities: boolean;
  /** Inner bin edges of scores that are none, ascending; absent, and of probabilities: 1,000 equal bins of [0, 1]. */
  readonly edges?: readonly number[] | undefined;
}

/** A decision and what was true. */
export interface BinaryRow {
  /** null, NaN or infinite: the model gave none. */
  readonly score: number | null;
  readonly truth: boolean;
}

/** Where their logarithm is taken, probabilities are at least this, and at most 1 less it. */
const LOG_LOSS_CLIP = 1e-15;

const noSums = (): ProbabilitySums => ({ p: 0, p2: 0, logLoss: 0, logLoss2: 0 });

export const emptyBinary = ({ probabilities, edges }: BinaryScale): BinaryTally => ({
  task: 'binary',
  tp: 0,
  fp: 0,
  tn: 0,
  fn: 0,
  invalid: { positive: 0, negative: 0 },
  scores: { ...(edges === undefined || probabilities ? {} : { edges: [...edges] }), positive: {}, negative: {} },
  ...(probabilities ? { probabilities: { positive: noSums(), negative: noSums(), outside: 0 } } : {}),
});

/** Counts one row, in place. */
export function addBinary(tally: BinaryTally, { threshold }: BinaryScale, { score, truth }: BinaryRow): void {
  const side = truth ? 'positive' : 'negative';
  if (score === null || !Number.isFinite(score)) {
    tally.invalid[side]++;
    return;
  }
  tally[cellOf(score >= threshold, truth)]++;
  countBin(tally.scores[side], scoreBin(tally.scores.edges, score));
  const { probabilities } = tally;
  if (probabilities === undefined) return;
  if (score < 0 || score > 1) probabilities.outside++;
  addProbability(probabilities[side], Math.min(1, Math.max(0, score)), truth);
}

function cellOf(positive: boolean, truth: boolean): 'tp' | 'fp' | 'tn' | 'fn' {
  if (positive) return truth ? 'tp' : 'fp';
  return truth ? 'fn' : 'tn';
}

function addProbability(sums: ProbabilitySums, p: number, truth: boolean): void {
  const clipped = clipProbability(p);
  const loss = -Math.log(truth ? clipped : 1 - clipped);
  sums.p += p;
  sums.p2 += p * p;
  sums.logLoss += loss;
  sums.logLoss2 += loss * loss;
}

/** A probability that a logarithm can be taken of. */
export const clipProbability = (p: number): number => Math.min(1 - LOG_LOSS_CLIP, Math.max(LOG_LOSS_CLIP, p));

/** @throws TallyMismatchError when one counts other bins than the other */
export function mergeBinary(a: BinaryTally, b: BinaryTally): BinaryTally {
  assertSame('edges of scores', a.scores.edges, b.scores.edges);
  if ((a.probabilities === undefined) !== (b.probabilities === undefined))
    throw new TallyMismatchError('scores of only one of them are probabilities');
  return {
    task: 'binary',
    tp: a.tp + b.tp,
    fp: a.fp + b.fp,
    tn: a.tn + b.tn,
    fn: a.fn + b.fn,
    invalid: {
      positive: a.invalid.positive + b.invalid.positive,
      negative: a.invalid.negative + b.invalid.negative,
    },
    scores: {
      ...(a.scores.edges === undefined ? {} : { edges: a.scores.edges }),
      positive: mergeBinCounts(a.scores.positive, b.scores.positive),
      negative: mergeBinCounts(a.scores.negative, b.scores.negative),
    },
    ...(a.probabilities === undefined || b.probabilities === undefined
      ? {}
      : {
          probabilities: {
            positive: mergeSums(a.probabilities.positive, b.probabilities.positive),
            negative: mergeSums(a.probabilities.negative, b.probabilities.negative),
            outside: a.probabilities.outside + b.probabilities.outside,
          },
        }),
  };
}

const mergeSums = (a: ProbabilitySums, b: ProbabilitySums): ProbabilitySums => ({
  p: a.p + b.p,
  p2: a.p2 + b.p2,
  logLoss: a.logLoss + b.logLoss,
  logLoss2: a.logLoss2 + b.logLoss2,
});
