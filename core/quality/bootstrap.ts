import { uniform } from '../explain/random.ts';
import type { ConfidenceInterval } from './interval.ts';

const DRAWS = 200;
const SEED = 20_130_101;
/** From here on a Poisson number is drawn as a normal one, rounded. */
const MANY = 60;

export interface BootstrapOptions {
  /** By what factor variances are larger than those of independent rows. @default 1 */
  readonly designEffect?: number;
  readonly seed?: number;
}

/**
 * 95 % intervals by a Poisson bootstrap of counts: a resample gives each row a weight drawn from Poisson(1), so a cell
 * of k rows gets a number drawn from Poisson(k), and nothing but the cells is needed. 200 draws, percentiles, widened
 * to hold the estimate itself; always the same for the same counts. (J. A. Hanley, B. MacGibbon, "Creating
 * non-parametric bootstrap samples using Poisson frequencies", Computer Methods and Programs in Biomedicine 83 (2006)
 * 57-62.)
 *
 * @param cells counts
 * @param statistics of counts in the order of `cells`, by name; NaN where one is not defined
 * @returns those intervals of which at least half of the draws were defined, not all alike, and the estimate is
 */
export function bootstrap<Name extends string>(
  cells: readonly number[],
  statistics: (cells: readonly number[]) => Readonly<Record<Name, number>>,
  { designEffect = 1, seed = SEED }: BootstrapOptions = {},
): Partial<Record<Name, ConfidenceInterval>> {
  const point = statistics(cells);
  const names = Object.keys(point) as Name[];
  const random = uniform(seed);
  const drawn = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let draw = 0; draw < DRAWS; draw++) {
    const values = statistics(cells.map((cell) => designEffect * poisson(cell / designEffect, random)));
    for (const name of names) if (Number.isFinite(values[name])) drawn.get(name)!.push(values[name]);
  }
  const intervals: Partial<Record<Name, ConfidenceInterval>> = {};
  for (const name of names) {
    const ascending = drawn.get(name)!.sort((a, b) => a - b);
    if (ascending.length < DRAWS / 2 || !Number.isFinite(point[name])) continue;
    // A perfect score of a few rows is perfect in every resample: that says nothing of what others would be.
    if (ascending[0] === ascending.at(-1)) continue;
    intervals[name] = {
      low: Math.min(point[name], percentile(ascending, 0.025)),
      high: Math.max(point[name], percentile(ascending, 0.975)),
    };
  }
  return intervals;
}

/** A number drawn from the Poisson distribution: by inversion, or of a large mean by the normal distribution. */
export function poisson(mean: number, random: () => number): number {
  if (mean <= 0) return 0;
  if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let n = 0;
  let probability = Math.exp(-mean);
  for (let u = random() - probability; u > 0 && probability > 0; u -= probability) probability *= mean / ++n;
  return n;
}

/** G. E. P. Box, M. E. Muller (1958). */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Linear between order statistics (numpy's default). */
function percentile(ascending: readonly number[], share: number): number {
  const at = share * (ascending.length - 1);
  const below = Math.floor(at);
  const next = ascending[Math.min(ascending.length - 1, below + 1)]!;
  return ascending[below]! + (at - below) * (next - ascending[below]!);
}
