import { appendFileSync, renameSync, statSync } from 'node:fs';
import { ForeignMetricError } from '../errors.ts';
import { dimensionsKey, parseMetricLine } from '../metric-line.ts';
import type { Datapoint, MetricQuery, Metrics } from '../ports.ts';
import { makePrivateFile } from '../private-files.ts';
import { Series } from './metric-series.ts';
import { FileTail } from './tail.ts';

const FLUSH_MS = 500;
/** Size at which the file is put aside as `<name>.1` (the one before is dropped); bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface LocalMetricsOptions {
  /** Name of the installation, whose metrics alone are read. */
  readonly environment: string;
  /** Size at which the file is put aside, bytes. @default 64 MiB */
  readonly maxBytes?: number;
  /** Names of the metrics that will be asked for; others are not read into memory. @default all */
  readonly only?: readonly string[];
}

/**
 * Metrics from embedded-metric-format lines, with statistics as CloudWatch defines them. Lines go to a file in
 * batches and come back from it, so that a second start and other processes with the same home see them: the file is
 * what is known, memory only what has been read of it.
 */
export class LocalMetrics implements Metrics {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #tail: FileTail;
  readonly #series = new Map<string, Series>();
  #unwritten: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #begun = false;

  readonly environment: string;
  readonly #only: readonly string[] | undefined;

  constructor(file: string, { environment, maxBytes = MAX_FILE_BYTES, only }: LocalMetricsOptions) {
    this.#file = file;
    this.environment = environment;
    this.#maxBytes = maxBytes;
    this.#only = only;
    this.#tail = new FileTail(file);
  }

  write(line: string): void {
    this.#unwritten.push(line);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  async query(query: MetricQuery): Promise<Datapoint[]> {
    const { Environment } = query.dimensions;
    if (Environment !== this.environment) throw new ForeignMetricError(this.environment, Environment);
    this.#read();
    const length = query.periodSeconds * 1_000;
    const from = Math.floor(query.from.getTime() / length) * length;
    const series = this.#series.get(seriesKey(query.metric, dimensionsKey({ ...query.dimensions })));
    return (series?.periods(length, from, query.to.getTime()) ?? []).map(([start, tally]) => ({
      at: new Date(start),
      value: tally.statistic(query.statistic),
    }));
  }

  /** Puts what was written into the file. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unwritten.length === 0) return;
    const text = `${this.#unwritten.join('\n')}\n`;
    this.#unwritten = [];
    if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > this.#maxBytes) this.#putAside();
    makePrivateFile(this.#file);
    appendFileSync(this.#file, text);
  }

  close(): void {
    this.flush();
    this.#tail.close();
  }

  #read(): void {
    this.flush();
    const take = (line: string): void => this.#take(line);
    if (!this.#begun) {
      this.#begun = true;
      const aside = new FileTail(`${this.#file}.1`);
      aside.read(take);
      aside.close();
    }
    this.#tail.read(take);
  }

  #putAside(): void {
    // What is dropped from the disk stays in memory, as long as memory keeps it.
    if (this.#begun) this.#tail.read((line) => this.#take(line));
    try {
      renameSync(this.#file, `${this.#file}.1`);
    } catch {
      // Another process was first.
    }
  }

  #take(text: string): void {
    // Parsing costs more than looking.
    if (this.#only !== undefined && !this.#only.some((name) => text.includes(`"${name}"`))) return;
    for (const { metric, dimensions, at, values } of parseMetricLine(text, this.#only))
      this.#add(seriesKey(metric, dimensions), at, values);
  }

  #add(key: string, at: number, values: readonly number[]): void {
    let series = this.#series.get(key);
    if (!series) {
      series = new Series();
      this.#series.set(key, series);
    }
    for (const sample of values) series.add(at, sample);
  }
}

const seriesKey = (metric: string, dimensions: string): string => `${metric}\n${dimensions}`;
