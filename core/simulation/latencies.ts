import { normalQuantile } from '../experiment/sequential.ts';
import { normalCdf } from './normal.ts';
import type { Random } from './random.ts';

/** Quantiles of the body at which times are told apart: finer where percentiles are asked for. */
const EDGES = [0, 0.5, 0.9, 0.99, 0.999, 1] as const;
const SHARES = EDGES.slice(1).map((edge, i) => edge - EDGES[i]!);

/** Times of requests: a log-normal body, and a part that takes much longer. */
export interface LatencyShape {
  /** Milliseconds. */
  readonly median: number;
  /** Standard deviation of the logarithm. */
  readonly spread: number;
  /** Share of slow ones. */
  readonly slow: number;
  /** What those take, milliseconds. */
  readonly slowMs: number;
}

/** Times of some requests, as counts: they add up exactly over any pieces of time. */
export interface LatencyCounts {
  readonly shape: LatencyShape;
  /** Of the body, between successive quantiles. */
  readonly body: readonly number[];
  readonly slow: number;
  /** In (0, 1): by what chance times fall within their class. @default one half */
  readonly chance?: number | undefined;
}

/** How the times of `n` requests fall. */
export function drawLatencies(random: Random, n: number, shape: LatencyShape): LatencyCounts {
  const slow = random.binomial(n, shape.slow);
  return { shape, body: random.multinomial(n - slow, SHARES), slow, chance: random.uniform() };
}

/** Sum of the times: each class of the body by its conditional mean. */
export function sumOfLatencies({ shape, body, slow }: LatencyCounts): number {
  const means = classMeans(shape.spread);
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += body[i]! * means[i]!;
  return shape.median * sum + slow * shape.slowMs;
}

/** Times of one class of one shape. */
interface TimeClass {
  readonly shape: LatencyShape;
  /** Index among the classes of the body; -1 for slow ones. */
  readonly index: number;
  n: number;
}

/** The value of a rank (from 1) among all the times, by nearest rank; within a class, times are spread evenly. */
export function latencyOfRank(all: readonly LatencyCounts[], rank: number): number {
  const classes: TimeClass[] = [];
  for (const { shape, body, slow } of all) {
    for (let i = 0; i < body.length; i++) if (body[i]! > 0) addClass(classes, shape, i, body[i]!);
    if (slow > 0) addClass(classes, shape, -1, slow);
  }
  classes.sort(byTime);
  let seen = 0;
  for (const each of classes) {
    if (seen + each.n >= rank) return timeWithin(each, (rank - seen) / (each.n + 1));
    seen += each.n;
  }
  const last = classes.at(-1)!;
  return timeWithin(last, last.n / (last.n + 1));
}

/**
 * How many of the times are above a limit. Of the class that the limit lies in it is drawn: times that were spread evenly
 * would, where a class has one of them, all be above or all below.
 */
export function latenciesAbove(counts: LatencyCounts, limit: number): number {
  const known = above.get(counts) ?? new Map<number, number>();
  above.set(counts, known);
  let found = known.get(limit);
  if (found === undefined) {
    const { shape, body, slow, chance = 0.5 } = counts;
    const below =
      shape.spread > 0 ? normalCdf(Math.log(limit / shape.median) / shape.spread) : Number(shape.median <= limit);
    found = shape.slowMs > limit ? slow : 0;
    for (const [i, n] of body.entries()) {
      const share = Math.min(1, Math.max(0, (EDGES[i + 1]! - below) / SHARES[i]!));
      found += binomialQuantile(n, share, chance);
    }
    known.set(limit, found);
  }
  return found;
}

/** Counts from which a binomial quantile is taken from the normal distribution. */
const MANY = 1_000;

/** The count that so many trials do not exceed with a probability of `chance`. */
function binomialQuantile(n: number, p: number, chance: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomialQuantile(n, 1 - p, 1 - chance);
  if (n > MANY) {
    const normal = n * p + normalQuantile(chance) * Math.sqrt(n * p * (1 - p));
    return Math.min(n, Math.max(0, Math.round(normal)));
  }
  let mass = (1 - p) ** n;
  let sum = mass;
  let k = 0;
  while (sum < chance && k < n) {
    mass *= ((n - k) * p) / ((k + 1) * (1 - p));
    sum += mass;
    k++;
  }
  return k;
}

/** By counts and limit: the same are asked for at every look. */
const above = new WeakMap<LatencyCounts, Map<number, number>>();

/** Shortest and longest time; of no requests, none. */
export function extremesOfLatencies(counts: LatencyCounts): { min: number; max: number } {
  const { shape, body, slow } = counts;
  const first = body.findIndex((n) => n > 0);
  const last = body.findLastIndex((n) => n > 0);
  const min = first < 0 ? shape.slowMs : timeWithin({ shape, index: first, n: body[first]! }, 1 / (body[first]! + 1));
  const longest = last < 0 ? 0 : timeWithin({ shape, index: last, n: body[last]! }, body[last]! / (body[last]! + 1));
  return { min: Math.min(min, slow > 0 ? shape.slowMs : min), max: Math.max(longest, slow > 0 ? shape.slowMs : 0) };
}

function addClass(classes: TimeClass[], shape: LatencyShape, index: number, n: number): void {
  for (const each of classes)
    if (each.index === index && alike(each.shape, shape)) {
      each.n += n;
      return;
    }
  classes.push({ shape, index, n });
}

const byTime = (a: TimeClass, b: TimeClass): number => timeWithin(a, 0) - timeWithin(b, 0);

/** The time below which such a share of a class lies. */
function timeWithin({ shape, index }: TimeClass, share: number): number {
  if (index < 0) return shape.slowMs;
  const [from, to] = [EDGES[index]!, EDGES[index + 1]!];
  return quantile(shape.median, shape.spread, from + (to - from) * share);
}

const quantile = (median: number, spread: number, share: number): number =>
  share <= 0 ? 0 : median * Math.exp(spread * normalQuantile(Math.min(share, 1 - 1e-12)));

const means = new Map<number, readonly number[]>();

/** Means of the classes for a median of 1, by the spread. */
function classMeans(spread: number): readonly number[] {
  let known = means.get(spread);
  if (known === undefined) {
    const below = EDGES.map((edge) => {
      if (edge === 0 || edge === 1) return edge;
      return normalCdf(normalQuantile(edge) - spread);
    });
    known = SHARES.map((share, i) => (Math.exp((spread * spread) / 2) * (below[i + 1]! - below[i]!)) / share);
    means.set(spread, known);
  }
  return known;
}

/** Times of two sets of requests together; undefined where their shapes differ. */
export function addLatencies(a: LatencyCounts, b: LatencyCounts): LatencyCounts | undefined {
  if (!alike(a.shape, b.shape)) return undefined;
  return { shape: a.shape, body: a.body.map((n, i) => n + b.body[i]!), slow: a.slow + b.slow, chance: a.chance };
}

const alike = (a: LatencyShape, b: LatencyShape): boolean =>
  a.median === b.median && a.spread === b.spread && a.slowMs === b.slowMs;
