import { addLatencies, type LatencyCounts, latencyOfRank } from '../../core/simulation/latencies.ts';
import { dimensionsKey, parseMetricLine } from '../metric-line.ts';
import type { Clock, Datapoint, MetricQuery, Metrics } from '../ports.ts';

/** Samples of one metric over a piece of time, as totals. Times are milliseconds since 1970. */
export interface SampleGroup {
  readonly at: number;
  /** End of the piece; equal to `at` for samples of one moment. */
  readonly until: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** What percentiles are taken of. */
  readonly latencies?: LatencyCounts;
}

/** Who did what is counted. */
export interface SampleOrigin {
  readonly model: string;
  readonly variant: string;
  readonly version: number;
}

/** CloudWatch keeps seconds for three hours, then minutes. */
const FINE_MS = 3 * 3_600_000;
const MINUTE_MS = 60_000;
/** How many groups may have become old before they are put together. */
const COMPACT_GROUPS = 2_048;

/**
 * Metrics that can be read only some time after they were emitted. What one query counts, another counts too, whatever
 * their periods.
 */
export class SimulatedMetrics implements Metrics {
  readonly #series = new Map<string, Series>();
  /** The series of a variant and of its version, by origin and metric: looked up at every step. */
  readonly #pairs = new Map<string, readonly [Series, Series]>();

  /** @param delayMs time from the end of a piece until it can be read */
  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
  ) {}

  write(line: string): void {
    for (const { metric, dimensions, at, values } of parseMetricLine(line))
      for (const value of values)
        this.#seriesOf(metric, dimensions).add({ at, until: at, count: 1, sum: value, min: value, max: value });
  }

  /** Adds what a version did, under the dimensions that metric lines have. */
  add({ model, variant, version }: SampleOrigin, metric: string, group: SampleGroup): void {
    if (group.count === 0) return;
    const key = `${variant} ${version} ${metric} ${model}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      const of = (name: string, value: string): Series =>
        this.#seriesOf(metric, dimensionsKey({ Model: model, [name]: value }));
      pair = [of('Variant', variant), of('Version', String(version))];
      this.#pairs.set(key, pair);
    }
    pair[0].add(group);
    pair[1].add(group);
  }

  async query({ metric, dimensions, statistic, periodSeconds, from, to }: MetricQuery): Promise<Datapoint[]> {
    const series = this.#series.get(`${metric}\n${dimensionsKey(dimensions)}`);
    if (series === undefined) return [];
    const length = periodSeconds * 1_000;
    const first = Math.floor(from.getTime() / length) * length;
    const datapoints: Datapoint[] = [];
    let period: SampleGroup[] = [];
    let start = Number.NEGATIVE_INFINITY;
    for (const group of series.between(first, to.getTime(), this.clock.now().getTime() - this.delayMs)) {
      const at = Math.floor(group.at / length) * length;
      if (at !== start && period.length > 0) {
        datapoints.push({ at: new Date(start), value: statisticOf(period, statistic) });
        period = [];
      }
      start = at;
      period.push(group);
    }
    if (period.length > 0) datapoints.push({ at: new Date(start), value: statisticOf(period, statistic) });
    return datapoints;
  }

  #seriesOf(metric: string, dimensions: string): Series {
    const key = `${metric}\n${dimensions}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series();
      this.#series.set(key, series);
    }
    return series;
  }
}

/** Groups in the order of their time. */
class Series {
  #groups: SampleGroup[] = [];
  /** How many have been put together into minutes. */
  #compacted = 0;

  add(group: SampleGroup): void {
    let i = this.#groups.length;
    while (i > this.#compacted && this.#groups[i - 1]!.at > group.at) i--;
    if (i === this.#groups.length) this.#groups.push(group);
    else this.#groups.splice(i, 0, group);
    if (this.#groups.length - this.#compacted > COMPACT_GROUPS) this.#compact(group.at - FINE_MS);
  }

  /** Those that begin in [from, to), and ended by `visible`. */
  *between(from: number, to: number, visible: number): Generator<SampleGroup> {
    for (let i = this.#firstFrom(from); i < this.#groups.length; i++) {
      const group = this.#groups[i]!;
      if (group.at >= to) return;
      if (group.until <= visible) yield group;
    }
  }

  #firstFrom(at: number): number {
    let [low, high] = [0, this.#groups.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#groups[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(before: number): void {
    const end = this.#firstFrom(Math.floor(before / MINUTE_MS) * MINUTE_MS);
    if (end - this.#compacted < COMPACT_GROUPS / 2) return;
    const minutes: SampleGroup[] = [];
    for (let i = this.#compacted; i < end; i++) {
      const group = this.#groups[i]!;
      const last = minutes.at(-1);
      if (last && Math.floor(last.at / MINUTE_MS) === Math.floor(group.at / MINUTE_MS))
        minutes[minutes.length - 1] = together(last, group);
      else minutes.push(group);
    }
    this.#groups.splice(this.#compacted, end - this.#compacted, ...minutes);
    this.#compacted += minutes.length;
  }
}

function together(a: SampleGroup, b: SampleGroup): SampleGroup {
  const latencies = a.latencies && b.latencies && addLatencies(a.latencies, b.latencies);
  return {
    at: a.at,
    until: b.until,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ...(latencies ? { latencies } : {}),
  };
}

function statisticOf(groups: readonly SampleGroup[], statistic: string): number {
  switch (statistic) {
    case 'SampleCount':
      return total(groups, 'count');
    case 'Sum':
      return total(groups, 'sum');
    case 'Average':
      return total(groups, 'sum') / total(groups, 'count');
    case 'Minimum':
      return Math.min(...groups.map(({ min }) => min));
    case 'Maximum':
      return Math.max(...groups.map(({ max }) => max));
    default:
      return percentileOf(groups, statistic);
  }
}

function percentileOf(groups: readonly SampleGroup[], statistic: string): number {
  const percent = Number(/^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic)?.[1]);
  if (Number.isNaN(percent))
    throw new RangeError(`a statistic is Average, Sum, Minimum, Maximum, SampleCount or pNN, received ${statistic}`);
  const count = total(groups, 'count');
  const rank = Math.max(1, Math.ceil((percent / 100) * count));
  const latencies = groups.flatMap((group) => group.latencies ?? []);
  if (latencies.length === groups.length) return latencyOfRank(latencies, rank);
  // Written one by one, so each group is one value.
  return groups.map(({ max }) => max).sort((a, b) => a - b)[Math.min(rank, groups.length) - 1]!;
}

function total(groups: readonly SampleGroup[], field: 'count' | 'sum'): number {
  let sum = 0;
  for (const group of groups) sum += group[field];
  return sum;
}
