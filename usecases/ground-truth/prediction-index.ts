import { type Capture, rowId } from '../../core/captures/capture.ts';
import { hash32 } from '../../core/serving/hash.ts';
import { capturesDelivered, scanCaptureObject } from '../../platform/captures.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';
import type { RuleBook } from '../quality/version-rules.ts';
import { type Prediction, predictionReader } from './captured-prediction.ts';

const HOUR_MS = 3_600_000;
/** Request ids whose hashes are held in memory at most, over all objects: 4 bytes each. */
const MAX_HASHES = 5_000_000;

/** What was read of one capture object, and of which write of it. */
interface Held {
  readonly etag: string;
  /** Of the request ids in it. */
  readonly hashes: Uint32Array;
}

/**
 * Finds captured predictions by their id. Of objects that were read only hashes of the ids are held: they tell which
 * objects have to be read again, and nothing of what was erased since lives on in a warm function.
 */
export class PredictionIndex {
  readonly #objects = new Map<string, Held>();
  #held = 0;

  constructor(
    private readonly home: Pick<Home, 'captures'>,
    readonly rules: RuleBook,
  ) {}

  /**
   * Looks for predictions among captures delivered between two instants, latest hours first, until all are found. Where
   * a request was sent again under its id, which of its captures is found does not depend on when it is looked for: an
   * answer before a failure, then the earliest.
   *
   * @param keys prediction ids (`MODEL` and id joined by {@link predictionKey})
   */
  async find(keys: ReadonlySet<string>, from: Date, to: Date): Promise<Map<string, Prediction>> {
    const found = new Map<string, Prediction>();
    const wanted = wantedRequests(keys);
    const oldest = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS;
    let hoursMore = 1;
    for (let hour = to.getTime(); hour >= oldest; hour -= HOUR_MS) {
      // A request that was sent again just after the hour has its first capture in the hour before.
      if (found.size === keys.size && hoursMore-- === 0) break;
      for await (const object of capturesDelivered(this.home, new Date(hour)))
        for (const capture of await this.#read(object, wanted)) await this.#take(capture, keys, found);
    }
    return found;
  }

  async #take(capture: Capture, keys: ReadonlySet<string>, found: Map<string, Prediction>): Promise<void> {
    const { model, version } = capture;
    let read: ReturnType<typeof predictionReader> | undefined;
    for (let row = 0; row < capture.rows; row++) {
      const key = predictionKey(model, rowId(capture, row));
      if (!keys.has(key)) continue;
      read ??= predictionReader(capture, await this.rules.of(model, version));
      const prediction = read(row);
      const known = found.get(key);
      if (known === undefined || isRather(prediction, known)) found.set(key, prediction);
    }
  }

  /** Captures of an object that are wanted; none, without reading it, when it is known to have none. */
  async #read({ key, etag }: ObjectInfo, wanted: WantedRequests): Promise<Capture[]> {
    const known = this.#objects.get(key);
    if (known?.etag === etag && !known.hashes.some((hash) => wanted.hashes.has(hash))) return [];
    const hashes: number[] = [];
    const captures = await scanCaptureObject(this.home, key, (model, id) => {
      const request = predictionKey(model, id);
      hashes.push(hash32(request));
      return wanted.requests.has(request);
    });
    if (known?.etag !== etag) this.#hold(key, { etag, hashes: Uint32Array.from(hashes) });
    // A shadow's answer goes nowhere and has the id of the answer that did.
    return captures.filter(({ variant }) => variant !== 'shadow');
  }

  #hold(key: string, held: Held): void {
    this.#drop(key);
    this.#objects.set(key, held);
    this.#held += held.hashes.length;
    for (const oldest of this.#objects.keys()) {
      if (this.#held <= MAX_HASHES || oldest === key) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#held -= this.#objects.get(key)?.hashes.length ?? 0;
    this.#objects.delete(key);
  }
}

/** Whether a capture of a request counts rather than another one of the same. */
const isRather = ({ kept: one }: Prediction, { kept: other }: Prediction): boolean =>
  one.failed === other.failed ? one.at < other.at : one.failed === undefined;

interface WantedRequests {
  readonly requests: ReadonlySet<string>;
  readonly hashes: ReadonlySet<number>;
}

/** Requests that the predictions may be of: `ID#3` is row 3 of `ID`, or a request that its caller named so. */
function wantedRequests(keys: ReadonlySet<string>): WantedRequests {
  const requests = new Set<string>();
  for (const key of keys) {
    requests.add(key);
    const row = /#\d+$/.exec(key);
    if (row !== null) requests.add(key.slice(0, row.index));
  }
  return { requests, hashes: new Set([...requests].map((request) => hash32(request))) };
}

/** Ids are callers' own and may repeat between models. */
export const predictionKey = (model: string, id: string): string => `${model} ${id}`;
