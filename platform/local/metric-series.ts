import { limitOf } from '../trimmed-count.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How finely samples are kept, by their age, as CloudWatch does: for as long as a release is young, and a day more. */
const LEVELS = [
  { lengthMs: SECOND, untilMs: 15 * MINUTE },
  { lengthMs: MINUTE, untilMs: 24 * HOUR },
  { lengthMs: 5 * MINUTE, untilMs: 8 * 24 * HOUR },
] as const;
/** Distinct values of a second (or minute) that are kept as they are; beyond, they are rounded to 1 %. */
const EXACT_VALUES = 256;
const LOG_STEP = Math.log(1.01);

/** What is known of the samples of one second or minute: everything but their order. */
export class SeriesTotals {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Value -> how often. */
  readonly values = new Map<number, number>();

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.#note(value, 1);
  }

  merge(other: SeriesTotals): void {
    this.count += other.count;
    this.sum += other.sum;
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    for (const [value, times] of other.values) this.#note(value, times);
  }

  /**
   * `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, `TC(x:)`, or `pNN` by nearest rank: exact while there are no more
   * than 256 distinct values in a second, within 1 % beyond.
   */
  statistic(name: string): number {
    switch (name) {
      case 'SampleCount':
        return this.count;
      case 'Sum':
        return this.sum;
      case 'Average':
        return this.sum / this.count;
      case 'Minimum':
        return this.min;
      case 'Maximum':
        return this.max;
      default:
        return this.#countAbove(name) ?? this.#percentile(name);
    }
  }

  #countAbove(name: string): number | undefined {
    const limit = limitOf(name);
    if (limit === undefined) return undefined;
    let count = 0;
    for (const [value, times] of this.values) if (value > limit) count += times;
    return count;
  }

  #percentile(name: string): number {
    const percent = Number(/^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1]);
    if (Number.isNaN(percent))
      throw new RangeError(
        `a statistic is Average, Sum, Minimum, Maximum, SampleCount, TC(x:) or pNN, received ${name}`,
      );
    const rank = Math.max(1, Math.ceil((percent / 100) * this.count));
    let seen = 0;
    for (const [value, times] of [...this.values].sort(([a], [b]) => a - b)) {
      seen += times;
      // Rounding must not lead beyond what was really there.
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, value));
    }
    return this.max;
  }

  #note(value: number, times: number): void {
    const known = this.values.get(value);
    const key = known !== undefined || this.values.size < EXACT_VALUES ? value : rounded(value);
    this.values.set(key, (this.values.get(key) ?? 0) + times);
  }
}

const rounded = (value: number): number =>
  value === 0 ? 0 : Math.sign(value) * Math.exp(Math.round(Math.log(Math.abs(value)) / LOG_STEP) * LOG_STEP);

/** Samples of one metric under one set of dimensions; its size is bounded by time, not by traffic. */
export class Series {
  /** Tallies by their begin, a map for each of the levels. */
  readonly #levels = LEVELS.map(() => new Map<number, SeriesTotals>());
  #newest = Number.NEGATIVE_INFINITY;

  /** @param at milliseconds since 1970 */
  add(at: number, value: number): void {
    if (at > this.#newest) {
      const next = Math.floor(at / MINUTE) > Math.floor(this.#newest / MINUTE);
      this.#newest = at;
      if (next) this.#age();
    }
    const level = LEVELS.findIndex((_, i) => at >= this.#begin(i));
    if (level >= 0) tallyOf(this.#levels[level]!, at, LEVELS[level]!.lengthMs).add(value);
  }

  /** Tallies of periods with data that start at `from` or later and before `to`, in order; milliseconds. */
  periods(length: number, from: number, to: number): [start: number, tally: SeriesTotals][] {
    const periods = new Map<number, SeriesTotals>();
    for (const tallies of this.#levels)
      for (const [at, tally] of tallies) {
        const start = Math.floor(at / length) * length;
        if (start >= from && start < to) tallyOf(periods, at, length).merge(tally);
      }
    return [...periods].sort(([a], [b]) => a - b);
  }

  /** Since when a level keeps samples: whole periods of the next, so that none is in two parts. */
  #begin(level: number): number {
    const { lengthMs } = LEVELS[level + 1] ?? LEVELS[level]!;
    return Math.floor((this.#newest - LEVELS[level]!.untilMs) / lengthMs) * lengthMs;
  }

  /** Moves what has grown old on to the next level, and drops what the last has kept for long enough. */
  #age(): void {
    for (const [i, tallies] of this.#levels.entries()) {
      const begin = this.#begin(i);
      for (const [at, tally] of tallies) {
        if (at >= begin) continue;
        tallies.delete(at);
        const next = this.#levels[i + 1];
        if (next !== undefined) tallyOf(next, at, LEVELS[i + 1]!.lengthMs).merge(tally);
      }
    }
  }
}

function tallyOf(tallies: Map<number, SeriesTotals>, at: number, length: number): SeriesTotals {
  const start = Math.floor(at / length) * length;
  let tally = tallies.get(start);
  if (tally === undefined) {
    tally = new SeriesTotals();
    tallies.set(start, tally);
  }
  return tally;
}
