import * as z from 'zod';
import { binOf } from '../profile/bins.ts';
import { Count } from './bin-counts.ts';
import { assertSame, TallyMismatchError } from './mismatch.ts';
import { addFinite, addValue, Moments, mergeMoments, noMoments } from './moments.ts';

/** A sum of products; null: beyond the largest double, so not known. */
const Product = z.number().nullable();

/** What estimates of one version, hour and segment turned out to be; an error is the estimate less what was true. */
export const RegressionTally = z.strictObject({
  task: z.literal('regression'),
  /** Rows whose estimate was missing or not a finite number; they are in nothing else. */
  invalid: Count,
  /** Of what was true. */
  y: Moments,
  error: Moments,
  absolute: Moments,
  /**
   * Sums of products of errors e and truths y, for intervals alone: they cancel where truths are thousands of their
   * standard deviations from 0, and then there is no interval.
   */
  products: z.strictObject({ e4: Product, e2y: Product, e2y2: Product, y3: Product, y4: Product }),
  /** Largest absolute error; 0 of nothing. */
  largest: z.number().min(0),
  /** Inner bin edges of absolute errors, ascending; bin i holds edges[i-1] <= |e| < edges[i]. */
  edges: z.array(z.number()).max(1_000),
  /** edges.length + 1 counts. */
  counts: z.array(Count),
  /** Rows whose absolute error is at most the decision's tolerance; absent without one. */
  within: Count.optional(),
});
export type RegressionTally = z.infer<typeof RegressionTally>;

/** How a version's errors are counted. */
export interface RegressionScale {
  readonly edges: readonly number[];
  readonly tolerance?: number | undefined;
}

export interface RegressionRow {
  /** null, NaN or infinite: the model gave none. */
  readonly score: number | null;
  readonly truth: number;
}

export const emptyRegression = ({ edges, tolerance }: RegressionScale): RegressionTally => ({
  task: 'regression',
  invalid: 0,
  y: noMoments(),
  error: noMoments(),
  absolute: noMoments(),
  products: { e4: 0, e2y: 0, e2y2: 0, y3: 0, y4: 0 },
  largest: 0,
  edges: [...edges],
  counts: Array.from({ length: edges.length + 1 }, () => 0),
  ...(tolerance === undefined ? {} : { within: 0 }),
});

/** Counts one row, in place. */
export function addRegression(
  tally: RegressionTally,
  { tolerance }: RegressionScale,
  { score, truth }: RegressionRow,
): void {
  if (score === null || !Number.isFinite(score)) {
    tally.invalid++;
    return;
  }
  // The difference of two of the largest doubles is beyond them all.
  const error = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, score - truth));
  const absolute = Math.abs(error);
  addValue(tally.y, truth);
  addValue(tally.error, error);
  addValue(tally.absolute, absolute);
  const { products } = tally;
  products.e4 = addFinite(products.e4, error ** 4);
  products.e2y = addFinite(products.e2y, error ** 2 * truth);
  products.e2y2 = addFinite(products.e2y2, (error * truth) ** 2);
  products.y3 = addFinite(products.y3, truth ** 3);
  products.y4 = addFinite(products.y4, truth ** 4);
  tally.largest = Math.max(tally.largest, absolute);
  tally.counts[binOf(tally.edges, absolute)]!++;
  if (tolerance !== undefined && absolute <= tolerance) tally.within = (tally.within ?? 0) + 1;
}

/** @throws TallyMismatchError when one counts other bins than the other */
export function mergeRegression(a: RegressionTally, b: RegressionTally): RegressionTally {
  assertSame('edges of absolute errors', a.edges, b.edges);
  if ((a.within === undefined) !== (b.within === undefined))
    throw new TallyMismatchError('only one of them has a tolerance');
  return {
    task: 'regression',
    invalid: a.invalid + b.invalid,
    y: mergeMoments(a.y, b.y),
    error: mergeMoments(a.error, b.error),
    absolute: mergeMoments(a.absolute, b.absolute),
    products: {
      e4: addFinite(a.products.e4, b.products.e4),
      e2y: addFinite(a.products.e2y, b.products.e2y),
      e2y2: addFinite(a.products.e2y2, b.products.e2y2),
      y3: addFinite(a.products.y3, b.products.y3),
      y4: addFinite(a.products.y4, b.products.y4),
    },
    largest: Math.max(a.largest, b.largest),
    edges: a.edges,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
    ...(a.within === undefined || b.within === undefined ? {} : { within: a.within + b.within }),
  };
}
