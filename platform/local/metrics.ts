import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock, Datapoint, MetricQuery, Metrics } from '../ports.ts';

/** The parts of an embedded-metric-format line that matter here. */
interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** Samples of one metric under one set of dimensions, in the order they came. */
interface Series {
  at: number[];
  values: number[];
}

/** How long samples are kept: longer than any alarm or comparison looks back. */
const RETENTION_MS = 24 * 3_600_000;
/** A series is trimmed when it has grown by this many samples. */
const MAX_SAMPLES = 500_000;
/** Size at which the file starts anew with what is still in memory's retention. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Metrics from embedded-metric-format lines: raw samples in memory, statistics as CloudWatch defines them. The lines
 * also go to a file in batches, so that a second start and other processes see them.
 */
export class LocalMetrics implements Metrics {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #series = new Map<string, Series>();
  #unwritten: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Bytes of the file that have been read or written by this process. */
  #known = 0;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  write(line: string): void {
    this.#take(line);
    this.#unwritten.push(line);
    this.#timer ??= setTimeout(() => this.flush(), 500).unref();
  }

  async query(query: MetricQuery): Promise<Datapoint[]> {
    this.flush();
    this.#readOthers();
    const series = this.#series.get(seriesKey(query.metric, query.dimensions));
    if (!series) return [];
    const length = query.periodSeconds * 1_000;
    const periods = new Map<number, number[]>();
    const to = query.to.getTime();
    const from = Math.floor(query.from.getTime() / length) * length;
    for (let i = 0; i < series.at.length; i++) {
      const at = series.at[i]!;
      if (at < from || at >= to) continue;
      const start = Math.floor(at / length) * length;
      const values = periods.get(start);
      if (values) values.push(series.values[i]!);
      else periods.set(start, [series.values[i]!]);
    }
    return [...periods]
      .sort(([a], [b]) => a - b)
      .map(([start, values]) => ({ at: new Date(start), value: statistic(query.statistic, values) }));
  }

  /** Puts what was written into the file. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unwritten.length === 0) return;
    this.#readOthers();
    const text = `${this.#unwritten.join('\n')}\n`;
    this.#unwritten = [];
    mkdirSync(path.dirname(this.#file), { recursive: true });
    if (this.#known + text.length > MAX_FILE_BYTES) {
      writeFileSync(this.#file, text);
      this.#known = Buffer.byteLength(text);
    } else {
      appendFileSync(this.#file, text);
      this.#known += Buffer.byteLength(text);
    }
  }

  /** Takes lines that other processes, or an earlier start, have appended. */
  #readOthers(): void {
    if (!existsSync(this.#file)) return;
    const size = statSync(this.#file).size;
    if (size < this.#known) this.#known = 0;
    if (size === this.#known) return;
    const fresh = readFileSync(this.#file).subarray(this.#known);
    // A line that another process is still writing is left for the next time.
    const whole = fresh.subarray(0, fresh.lastIndexOf(10) + 1);
    this.#known += whole.length;
    for (const line of whole.toString('utf8').split('\n')) if (line !== '') this.#take(line);
  }

  #take(text: string): void {
    let line: EmfLine;
    try {
      line = JSON.parse(text) as EmfLine;
    } catch {
      return; // A line cut off by a killed process holds no whole sample.
    }
    if (!line._aws) return;
    for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics)
      for (const names of Dimensions) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
        for (const { Name } of Metrics) this.#add(seriesKey(Name, dimensions), line._aws.Timestamp, line[Name]);
      }
  }

  #add(key: string, at: number, value: unknown): void {
    let series = this.#series.get(key);
    if (!series) {
      series = { at: [], values: [] };
      this.#series.set(key, series);
    }
    for (const sample of Array.isArray(value) ? value : [value]) {
      if (typeof sample !== 'number') continue;
      series.at.push(at);
      series.values.push(sample);
    }
    if (series.at.length > MAX_SAMPLES) this.#trim(series);
  }

  /** Drops what is older than the retention, and in any case the older half. */
  #trim(series: Series): void {
    const oldest = this.#clock.now().getTime() - RETENTION_MS;
    const half = Math.floor(series.at.length / 2);
    const first = Math.max(
      half,
      series.at.findIndex((at) => at >= oldest),
    );
    series.at = series.at.slice(first);
    series.values = series.values.slice(first);
  }
}

const seriesKey = (metric: string, dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify([metric, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

function statistic(name: string, values: number[]): number {
  switch (name) {
    case 'SampleCount':
      return values.length;
    case 'Sum':
      return sum(values);
    case 'Average':
      return sum(values) / values.length;
    case 'Minimum':
      return values.reduce((a, b) => Math.min(a, b));
    case 'Maximum':
      return values.reduce((a, b) => Math.max(a, b));
    default: {
      const percent = /^p(\d+(?:\.\d+)?)$/.exec(name)?.[1];
      if (percent === undefined) throw new RangeError(`a statistic is Average, Sum, … or pNN, received ${name}`);
      const sorted = values.toSorted((a, b) => a - b);
      // Nearest rank.
      return sorted[Math.max(0, Math.ceil((Number(percent) / 100) * sorted.length) - 1)]!;
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
