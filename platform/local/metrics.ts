import { rename } from 'node:fs/promises';
import path from 'node:path';
import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { ForeignMetricError } from '../errors.ts';
import { dimensionsKey, parseMetricLine } from '../metric-line.ts';
import type { Datapoint, MetricQuery, Metrics } from '../ports.ts';
import { AppendError, appendLines } from './append-lines.ts';
import { isAbsent } from './atomic.ts';
import { assertReserve } from './disk-reserve.ts';
import { Series } from './metric-series.ts';
import { FileTail } from './tail.ts';

const FLUSH_MS = 500;
/** Size at which the file is put aside as `<name>.1` (the one before is dropped); bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Time until what could not be written is tried again. */
const RETRY_MS = 1_000;
/** Time between two looks at the room of the disk. */
const RESERVE_MS = 1_000;
/** Characters of lines that wait to be written; beyond, the oldest are dropped, which is counted. */
const MAX_WAITING = 16 * 1024 * 1024;

export interface LocalMetricsOptions {
  /** Name of the installation, whose metrics alone are read. */
  readonly environment: string;
  /** Size at which the file is put aside, bytes. @default 64 MiB */
  readonly maxBytes?: number;
  /** Names of the metrics that will be asked for; others are not read into memory. @default all */
  readonly only?: readonly string[];
  /** Told what cannot be written. @default nobody is */
  readonly bookkeeping?: Bookkeeping;
  /** Characters of lines that may wait to be written. @default 16 Mi */
  readonly maxWaiting?: number;
}

interface WaitingLine {
  readonly text: string;
  /** Whether memory knows it already, though it is not in the file yet. */
  counted: boolean;
}

/**
 * Metrics from embedded-metric-format lines, with statistics as CloudWatch defines them. Lines go to a file in
 * batches and come back from it, so that a second start and other processes with the same home see them: the file is
 * what is known, memory only what has been read of it. Nobody waits for the file, and whoever asks while it cannot be
 * written is told of what waits for it, too.
 */
export class LocalMetrics implements Metrics {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #maxWaiting: number;
  readonly #bookkeeping: Bookkeeping;
  readonly #tail: FileTail;
  readonly #series = new Map<string, Series>();
  #waiting: WaitingLine[] = [];
  #characters = 0;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  /** Lines that were counted before they were in the file, how often each: they are passed over when they come from it. */
  readonly #ahead = new Map<string, number>();

  readonly environment: string;
  readonly #only: readonly string[] | undefined;

  constructor(file: string, options: LocalMetricsOptions) {
    this.#file = file;
    this.environment = options.environment;
    this.#maxBytes = options.maxBytes ?? MAX_FILE_BYTES;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#bookkeeping = options.bookkeeping ?? new Bookkeeping(Date.now);
    this.#only = options.only;
    this.#tail = new FileTail(file);
  }

  write(line: string): void {
    this.#waiting.push({ text: line, counted: false });
    this.#characters += line.length;
    if (this.#characters > this.#maxWaiting) this.#dropOldest('too-slow');
    this.#soon(FLUSH_MS);
  }

  async query(query: MetricQuery): Promise<Datapoint[]> {
    const { Environment } = query.dimensions;
    if (Environment !== this.environment) throw new ForeignMetricError(this.environment, Environment);
    await this.flush();
    this.#read();
    const length = query.periodSeconds * 1_000;
    const from = Math.floor(query.from.getTime() / length) * length;
    const series = this.#series.get(seriesKey(query.metric, dimensionsKey({ ...query.dimensions })));
    return (series?.periods(length, from, query.to.getTime()) ?? []).map(([start, tally]) => ({
      at: new Date(start),
      value: tally.statistic(query.statistic),
    }));
  }

  /** Puts what was written into the file. Does not throw: what cannot be put there waits for the next attempt. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.length > 0) this.#soon(RETRY_MS);
    });
    return this.#writing;
  }

  /** Writes what waits, by one more attempt. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#bookkeeping.lost('metrics', this.#failure ?? 'failed', this.#waiting.length);
    this.#waiting = [];
    this.#tail.close();
  }

  #failure: Error | undefined;
  /** Size of the file when this process last wrote to it. */
  #size: number | undefined;
  /** When there was room, by a clock that never jumps. */
  #looked = Number.NEGATIVE_INFINITY;

  #soon(ms: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), ms).unref();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#characters = 0;
      const failure = await this.#append(batch);
      this.#failure = failure;
      if (failure === undefined) {
        this.#bookkeeping.worked('metrics');
        continue;
      }
      this.#bookkeeping.failed('metrics', failure);
      const left = batch.slice(failure instanceof AppendError ? failure.written : 0);
      this.#waiting = [...left, ...this.#waiting];
      this.#characters = this.#waiting.reduce((sum, { text }) => sum + text.length, 0);
      if (this.#characters > this.#maxWaiting) this.#dropOldest(failure);
      return;
    }
  }

  /** @returns why not all of them were written */
  async #append(batch: readonly WaitingLine[]): Promise<Error | undefined> {
    let written = 0;
    try {
      await this.#leaveReserve();
      const lines = batch.map(({ text }) => text);
      const { after } = await appendLines(this.#file, lines, this.#size);
      written = batch.length;
      this.#size = after;
      if (after > this.#maxBytes) await this.#putAside();
      return undefined;
    } catch (error) {
      if (error instanceof AppendError) written = error.written;
      return error as Error;
    } finally {
      for (const { text, counted } of batch.slice(0, written))
        if (counted) this.#ahead.set(text, (this.#ahead.get(text) ?? 0) + 1);
    }
  }

  /** How much room there is does not change by much within a second. */
  async #leaveReserve(): Promise<void> {
    const now = performance.now();
    if (now - this.#looked < RESERVE_MS) return;
    await assertReserve(path.dirname(this.#file));
    this.#looked = now;
  }

  /** Frees a tenth more than necessary, so that not every further line has to drop again. */
  #dropOldest(why: 'too-slow' | Error): void {
    let dropped = 0;
    while (this.#characters > this.#maxWaiting * 0.9) this.#characters -= this.#waiting[dropped++]!.text.length;
    this.#waiting.splice(0, dropped);
    this.#bookkeeping.lost('metrics', why, dropped);
  }

  #read(): void {
    const take = (line: string): void => this.#taken(line);
    if (!this.#begun) {
      this.#begun = true;
      const aside = new FileTail(`${this.#file}.1`);
      aside.read(take);
      aside.close();
    }
    this.#tail.read(take);
    for (const line of this.#waiting) {
      if (!line.counted) this.#take(line.text);
      line.counted = true;
    }
  }

  async #putAside(): Promise<void> {
    // What is dropped from the disk stays in memory, as long as memory keeps it.
    if (this.#begun) this.#tail.read((line) => this.#taken(line));
    try {
      await rename(this.#file, `${this.#file}.1`);
    } catch (error) {
      // Another process was first.
      if (!isAbsent(error)) throw error;
    }
  }

  /** A line of the file, unless it was counted before it got there. */
  #taken(line: string): void {
    const times = this.#ahead.get(line);
    if (times === undefined) this.#take(line);
    else if (times === 1) this.#ahead.delete(line);
    else this.#ahead.set(line, times - 1);
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
