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
}

/** How the times of `n` requests fall. */
export function drawLatencies(random: Random, n: number, shape: LatencyShape): LatencyCounts {
  const slow = random.binomial(n, shape.slow);
  return { shape, body: random.multinomial(n - slow, SHARES), slow };
}

/** Sum of the times: each class of the body by its conditional mean. */
export function sumOfLatencies({ shape, body, slow }: LatencyCounts): number {
  const means = classMeans(shape.spread);
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += body[i]! * means[i]!;
  return shape.median * sum + slow * shape.slowMs;
}

/** The value of a rank (from 1) among all the times, by nearest rank; within a class, times are spread evenly. */
export function latencyOfRank(all: readonly LatencyCounts[], rank: number): number {
  const classes = new Map<string, { low: number; n: number; value: (share: number) => number }>();
  for (const { shape, body, slow } of all) {
    const { median, spread, slowMs } = shape;
    for (const [i, n] of body.entries()) {
      if (n === 0) continue;
      const [from, to] = [EDGES[i]!, EDGES[i + 1]!];
      const value = (share: number): number => quantile(median, spread, from + (to - from) * share);
      add(`${median} ${spread} ${i}`, quantile(median, spread, from), n, value);
    }
    if (slow > 0) add(`slow ${slowMs}`, slowMs, slow, () => slowMs);
  }
  let seen = 0;
  const ascending = [...classes.values()].sort((a, b) => a.low - b.low);
  for (const { n, value } of ascending) {
    if (seen + n >= rank) return value((rank - seen) / (n + 1));
    seen += n;
  }
  return ascending.at(-1)!.value(1 - 1 / (ascending.at(-1)!.n + 1));

  function add(key: string, low: number, n: number, value: (share: number) => number): void {
    const known = classes.get(key);
    if (known) known.n += n;
    else classes.set(key, { low, n, value });
  }
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
  const alike = (['median', 'spread', 'slowMs'] as const).every((field) => a.shape[field] === b.shape[field]);
  if (!alike) return undefined;
  return { shape: a.shape, body: a.body.map((n, i) => n + b.body[i]!), slow: a.slow + b.slow };
}
