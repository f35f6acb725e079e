import * as z from 'zod';
import { binOf } from '../profile/bins.ts';

/** How often something was counted; whole, so that sums of counts are exact (up to 2^53). */
export const Count = z.int().min(0);

/** Counts by index of a bin; bins without any are absent. */
export const BinCounts = z.record(z.string().regex(/^(0|[1-9]\d*)$/), Count);
export type BinCounts = z.infer<typeof BinCounts>;

/** Equal bins of [0, 1] that probabilities are counted over; bin i holds i/1000 <= p < (i+1)/1000, the last one 1 too. */
export const UNIT_BINS = 1_000;

/** Width of such a bin: what a probability may be off by that is known by its bin alone is half of it. */
export const UNIT_BIN_WIDTH = 1 / UNIT_BINS;

/** Bin of a number over edges, or over the equal bins of [0, 1] where there are none; what is outside is in the end bins. */
export function scoreBin(edges: readonly number[] | undefined, score: number): number {
  if (edges !== undefined) return binOf(edges, score);
  return Math.min(UNIT_BINS - 1, Math.max(0, Math.floor(score * UNIT_BINS)));
}

/** Counts one more, in place. */
export function countBin(counts: BinCounts, bin: number): void {
  counts[bin] = (counts[bin] ?? 0) + 1;
}

export function mergeBinCounts(a: BinCounts, b: BinCounts): BinCounts {
  const merged = { ...a };
  for (const [bin, count] of Object.entries(b)) merged[bin] = (merged[bin] ?? 0) + count;
  return merged;
}

/** Bins that hold something, ascending, each with its counts in several tables. */
export function binsOf(...tables: readonly BinCounts[]): { bin: number; counts: number[] }[] {
  const bins = new Set(tables.flatMap((table) => Object.keys(table).map(Number)));
  return [...bins].sort((x, y) => x - y).map((bin) => ({ bin, counts: tables.map((table) => table[bin] ?? 0) }));
}
