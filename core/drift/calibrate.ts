import { ownValue } from '../model/own-value.ts';
import type { ReferenceChunk } from '../profile/profile.ts';
import { chiSquaredQuantile } from './chi-squared.ts';
import { jensenShannon } from './jensen-shannon.ts';

/** Share of quiet windows whose effect stays below the threshold. */
const QUIET = 0.995;
/** Fewest windows of the reference that say anything of how windows differ. */
const MIN_WINDOWS = 10;
/** Threshold of the Jensen–Shannon distance (natural logarithm) where the baseline is too small to calibrate one. */
export const FIXED_THRESHOLD = 0.1;

/** Below this (a PSI of about 0.02) a shift may be real, but nothing that anybody acts on. */
const MIN_EFFECT = 0.05;

/**
 * The 99.5th percentile of the Jensen–Shannon distance between two samples of the same distribution: what chance alone
 * gives. 8 JS² nm/(n+m) is about chi-squared with B-1 degrees of freedom, because PSI nm/(n+m) is and PSI is about
 * 8 JS² for small shifts (Yurdakul & Naranjo 2020).
 *
 * @param bins that have rows, B
 * @param n rows of one sample
 * @param m rows of the other
 */
export function noiseFloor(bins: number, n: number, m: number): number {
  const df = Math.max(1, bins - 1);
  return Math.sqrt((chiSquaredQuantile(1 - QUIET, df) * (n + m)) / (8 * n * m));
}

/**
 * Calibrates a column's threshold of the effect for windows of a given size. It cuts windows of that size out of the
 * reference in time order, measures the effect of each against the rest, and takes the 99.5th percentile: so seasons
 * and other changes that the reference itself has count as no drift. It is never below what chance alone gives.
 *
 * @param column name of the column in the chunks
 * @param rows of the window
 * @param reference counts of the whole reference
 * @returns the threshold, and from how many windows it comes; with fewer than ten it is {@link FIXED_THRESHOLD}
 */
export function columnThreshold(
  chunks: readonly ReferenceChunk[],
  column: string,
  rows: number,
  reference: readonly number[],
): { threshold: number; windows: number } {
  const total = reference.reduce((a, b) => a + b, 0);
  const floor = noiseFloor(reference.filter((count) => count > 0).length, rows, total);
  const effects = windowEffects(chunks, column, rows, reference);
  if (effects.length < MIN_WINDOWS) return { threshold: Math.max(FIXED_THRESHOLD, floor), windows: effects.length };
  return { threshold: Math.max(floor, MIN_EFFECT, sampleQuantile(effects, QUIET)), windows: effects.length };
}

/** Effect of every window of consecutive chunks of about so many rows against the rest of the reference. */
function windowEffects(
  chunks: readonly ReferenceChunk[],
  column: string,
  rows: number,
  reference: readonly number[],
): number[] {
  const effects: number[] = [];
  for (let from = 0; from < chunks.length; from++) {
    const counts = reference.map(() => 0);
    let seen = 0;
    let to = from;
    while (to < chunks.length && seen < rows) {
      const chunk = chunks[to++]!;
      seen += chunk.rows;
      ownValue(chunk.counts, column)?.forEach((count, i) => {
        counts[i]! += count;
      });
    }
    // Windows at the end that are too short would differ by chance alone; a window needs a rest to be held against.
    if (seen < rows || to - from > chunks.length / 2) break;
    const rest = reference.map((count, i) => count - counts[i]!);
    effects.push(jensenShannon(rest, counts));
  }
  return effects;
}

/** Quantile by linear interpolation (Hyndman & Fan 1996, type 7). */
export function sampleQuantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}
