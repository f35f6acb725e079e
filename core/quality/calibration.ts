import * as z from 'zod';
import { type BinCounts, binsOf, Count, UNIT_BIN_WIDTH } from './bin-counts.ts';

/** Groups of equally many rows that calibration is looked at in. */
const GROUPS = 15;

/** Rows of about equal probability, and how often what was predicted came true. */
export const CalibrationGroup = z.strictObject({
  low: z.number().describe('Least probability of the group.'),
  high: z.number().describe('Greatest one, exclusive.'),
  n: Count.describe('Rows.'),
  predicted: z.number().describe('Mean probability, each taken for the middle of its bin.'),
  observed: z.number().describe('Share of the rows in which it came true.'),
});
export type CalibrationGroup = z.infer<typeof CalibrationGroup>;

/** Counts of one bin of [0, 1]. */
export interface CalibrationBin {
  readonly bin: number;
  readonly rows: number;
  readonly hits: number;
}

/**
 * Groups of rows by their probability, ascending, of about equally many rows: a bin belongs to the group in which the
 * middle of its rows falls, so no bin is split, and a bin of many equal probabilities leaves fewer than 15 groups.
 *
 * @param bins of [0, 1], ascending
 */
export function calibrationGroups(bins: readonly CalibrationBin[]): CalibrationGroup[] {
  const total = bins.reduce((sum, { rows }) => sum + rows, 0);
  const groups = new Map<number, { first: number; last: number; n: number; hits: number; sum: number }>();
  let before = 0;
  for (const { bin, rows, hits } of bins) {
    if (rows === 0) continue;
    const index = Math.min(GROUPS - 1, Math.floor((GROUPS * (before + rows / 2)) / total));
    const group = groups.get(index) ?? { first: bin, last: bin, n: 0, hits: 0, sum: 0 };
    group.last = bin;
    group.n += rows;
    group.hits += hits;
    group.sum += rows * (bin + 0.5) * UNIT_BIN_WIDTH;
    groups.set(index, group);
    before += rows;
  }
  return [...groups.values()].map(({ first, last, n, hits, sum }) => ({
    low: first * UNIT_BIN_WIDTH,
    high: (last + 1) * UNIT_BIN_WIDTH,
    n,
    predicted: sum / n,
    observed: hits / n,
  }));
}

/**
 * Expected calibration error over 15 groups of about equally many rows: the mean distance of what was predicted and
 * what came true, weighted by rows (Naeini, Cooper & Hauskrecht 2015, with equal-mass bins as in Nixon et al. 2019).
 * Known to half the width of a bin, 0.0005, as each probability is taken for the middle of its bin. Never below what
 * chance alone makes of groups this small, of which the interval knows nothing.
 */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const groups = calibrationGroups(bins);
  const total = groups.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return Number.NaN;
  return groups.reduce((sum, { n, predicted, observed }) => sum + (n / total) * Math.abs(predicted - observed), 0);
}

/** How far that may be from the error of the probabilities themselves, grouped alike. */
export const CALIBRATION_BOUND = UNIT_BIN_WIDTH / 2;

/** Bins of two tables of counts: rows, and those of them that came true. */
export const calibrationBins = (hits: BinCounts, misses: BinCounts): CalibrationBin[] =>
  binsOf(hits, misses).map(({ bin, counts: [hit = 0, miss = 0] }) => ({ bin, rows: hit + miss, hits: hit }));
