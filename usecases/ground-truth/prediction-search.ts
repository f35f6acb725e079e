import type { Prediction } from './captured-prediction.ts';

const HOUR_MS = 3_600_000;
/** Requests under one id within this time are one that was sent again; later ones are others that use the id again. */
const RETRY_MS = HOUR_MS;
/** How far the clocks of who predicts and of who stores truth may be apart; S3 tells whole seconds only. */
const CLOCK_SKEW_MS = 60_000;
/** Predictions of one id that are held at most, the latest ones. */
const MAX_OF_ID = 1_000;

/** Captured predictions by prediction id: several, where an id was used again. */
export type FoundPredictions = ReadonlyMap<string, readonly Prediction[]>;

/** What is looked for, and what has been found of it. */
export class PredictionSearch {
  readonly #found = new Map<string, Prediction[]>();
  /** By id: when the latest prediction was made that its first record can be about. */
  readonly #latest = new Map<string, number>();

  /** @param wanted by prediction id: when the first record of it arrived, ISO 8601 */
  constructor(private readonly wanted: ReadonlyMap<string, string>) {}

  get found(): FoundPredictions {
    return this.#found;
  }

  wants(key: string): boolean {
    return this.wanted.has(key);
  }

  add(key: string, prediction: Prediction): void {
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, [prediction]);
    else if (known.push(prediction) >= 2 * MAX_OF_ID) {
      known.sort((a, b) => madeAt(b) - madeAt(a));
      known.length = MAX_OF_ID;
    }
    const at = madeAt(prediction);
    if (at <= untilOf(this.wanted.get(key)!) && at > (this.#latest.get(key) ?? 0)) this.#latest.set(key, at);
  }

  /** The earliest hour that has to be searched, as far as is known: of each id a request may have been sent again. */
  oldestHour(): number {
    if (this.#latest.size < this.wanted.size) return Number.NEGATIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    for (const at of this.#latest.values()) earliest = Math.min(earliest, at);
    return Math.floor((earliest - RETRY_MS) / HOUR_MS) * HOUR_MS;
  }
}

/**
 * The prediction that a record is about: of those under its id the latest request before the record arrived. Of the
 * captures of that request, where it was sent again within an hour, an answer counts before a failure, then the earliest.
 *
 * @param received when the record arrived, ISO 8601
 */
export function predictionOf(found: readonly Prediction[] | undefined, received: string): Prediction | undefined {
  if (found === undefined) return undefined;
  const until = untilOf(received);
  const before = found.filter((each) => madeAt(each) <= until);
  // Where all were made later, clocks are far apart: then it is the first of them.
  const ends = extremes((before.length > 0 ? before : found).map(madeAt));
  const [from, to] = before.length > 0 ? [ends.last - RETRY_MS, ends.last] : [ends.first, ends.first + RETRY_MS];
  return found
    .filter((each) => madeAt(each) >= from && madeAt(each) <= to)
    .reduce((best, each) => (isRather(each, best) ? each : best));
}

function extremes(instants: readonly number[]): { first: number; last: number } {
  return { first: Math.min(...instants), last: Math.max(...instants) };
}

const untilOf = (received: string): number => Date.parse(received) + CLOCK_SKEW_MS;

const madeAt = ({ kept }: Prediction): number => Date.parse(kept.at);

/** Whether a capture of a request counts rather than another one of the same. */
const isRather = ({ kept: one }: Prediction, { kept: other }: Prediction): boolean =>
  one.failed === other.failed ? one.at < other.at : one.failed === undefined;
