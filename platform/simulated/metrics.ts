import {
  METRICS,
  type MetricName,
  variantDimensions,
  versionDimensions,
} from '../../core/observability/metric-names.ts';
import { addLatencies, type LatencyCounts, latenciesAbove, latencyOfRank } from '../../core/simulation/latencies.ts';
import { ForeignMetricError } from '../errors.ts';
import { dimensionsKey, parseMetricLine } from '../metric-line.ts';
import type { Clock, Datapoint, MetricQuery, Metrics } from '../ports.ts';
import { limitOf } from '../trimmed-count.ts';

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
  /** Whether callers named the version: then it is not compared. */
  readonly named?: boolean;
}

const HOUR_MS = 3_600_000;
/** What CloudWatch keeps of samples of such an age, as periods of so many milliseconds; the oldest first. */
const RETENTION: readonly (readonly [olderThanMs: number, periodMs: number])[] = [
  [63 * 24 * HOUR_MS, HOUR_MS],
  [15 * 24 * HOUR_MS, HOUR_MS / 12],
  [3 * HOUR_MS, HOUR_MS / 60],
];
/** How many groups may come before the old ones among them are put together. */
const COMPACT_GROUPS = 2_048;

/**
 * Metrics that can be read only some time after they were emitted. What one query counts, another counts too, whatever
 * their periods.
 */
export class SimulatedMetrics implements Metrics {
  readonly #series = new Map<string, Series>();

  readonly environment = 'simulated';

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

  /** Takes what a version does, under the dimensions that metric lines have. */
  recorder({ model, variant, version, named = false }: SampleOrigin): (metric: MetricName, group: SampleGroup) => void {
    const dimensions = {
      Variant: variantDimensions(this.environment, model, variant),
      Version: versionDimensions(this.environment, model, version),
    };
    const known = new Map<MetricName, readonly Series[]>();
    return (metric, group) => {
      if (group.count === 0) return;
      let series = known.get(metric);
      if (series === undefined) {
        const by = METRICS[metric].by.filter((dimension) => !named || dimension === 'Variant');
        series = by.map((dimension) => this.#seriesOf(metric, dimensionsKey({ ...dimensions[dimension] })));
        known.set(metric, series);
      }
      for (const each of series) each.add(group);
    };
  }

  async query({ metric, dimensions, statistic, periodSeconds, from, to }: MetricQuery): Promise<Datapoint[]> {
    const { Environment } = dimensions;
    if (Environment !== this.environment) throw new ForeignMetricError(this.environment, Environment);
    const series = this.#series.get(`${metric}\n${dimensionsKey({ ...dimensions })}`);
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
  /** How many came since the last time that old ones were put together. */
  #added = 0;

  add(group: SampleGroup): void {
    let i = this.#groups.length;
    while (i > 0 && this.#groups[i - 1]!.at > group.at) i--;
    if (i === this.#groups.length) this.#groups.push(group);
    else this.#groups.splice(i, 0, group);
    if (++this.#added < Math.max(COMPACT_GROUPS, this.#groups.length / 4)) return;
    this.#added = 0;
    this.#groups = compacted(this.#groups, group.at);
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
}

/** Groups with those of the same period together, the longer ago the longer. */
function compacted(groups: readonly SampleGroup[], now: number): SampleGroup[] {
  const kept: SampleGroup[] = [];
  let period = Number.NaN;
  for (const group of groups) {
    const age = now - group.at;
    const [, length] = RETENTION.find(([olderThan]) => age > olderThan) ?? [];
    const own = length === undefined ? Number.NaN : Math.floor(group.at / length) * length;
    if (own === period) kept.push(together(kept.pop()!, group));
    else kept.push(group);
    period = own;
  }
  return kept;
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
      return countAbove(groups, statistic) ?? percentileOf(groups, statistic);
  }
}

function countAbove(groups: readonly SampleGroup[], statistic: string): number | undefined {
  const limit = limitOf(statistic);
  if (limit === undefined) return undefined;
  let count = 0;
  for (const { latencies, max, count: n } of groups) {
    if (latencies !== undefined) count += latenciesAbove(latencies, limit);
    else if (max > limit) count += n;
  }
  return count;
}

function percentileOf(groups: readonly SampleGroup[], statistic: string): number {
  const percent = Number(/^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic)?.[1]);
  if (Number.isNaN(percent))
    throw new RangeError(
      `a statistic is Average, Sum, Minimum, Maximum, SampleCount, TC(x:) or pNN, received ${statistic}`,
    );
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
