import { type Capture, idsOfRow } from '../../core/captures/capture.ts';
import { hash32 } from '../../core/serving/hash.ts';
import { capturesDelivered, scanCaptureObject } from '../../platform/captures.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';
import type { RuleBook } from '../quality/version-rules.ts';
import { predictionReader } from './captured-prediction.ts';
import { type FoundPredictions, PredictionSearch } from './prediction-search.ts';

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
   * Looks for predictions among captures delivered between two instants, latest hours first, until of each id all are
   * found that `predictionOf` may choose from. What it chooses does not depend on what else is looked for.
   *
   * @param wanted by prediction id (`MODEL` and id joined by {@link predictionKey}): when the first record of it arrived
   */
  async find(wanted: ReadonlyMap<string, string>, from: Date, to: Date): Promise<FoundPredictions> {
    const search = new PredictionSearch(wanted);
    const requests = wantedRequests(wanted.keys());
    const oldest = startOfHour(from.getTime());
    for (let hour = to.getTime(); hour >= oldest; hour -= HOUR_MS) {
      if (startOfHour(hour) < search.oldestHour()) break;
      for await (const object of capturesDelivered(this.home, new Date(hour)))
        for (const capture of await this.#read(object, requests)) await this.#take(capture, search);
    }
    return search.found;
  }

  async #take(capture: Capture, search: PredictionSearch): Promise<void> {
    const { model, version } = capture;
    let read: ReturnType<typeof predictionReader> | undefined;
    for (let row = 0; row < capture.rows; row++)
      for (const id of idsOfRow(capture, row)) {
        const key = predictionKey(model, id);
        if (!search.wants(key)) continue;
        read ??= predictionReader(capture, await this.rules.of(model, version));
        search.add(key, read(row));
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

interface WantedRequests {
  readonly requests: ReadonlySet<string>;
  readonly hashes: ReadonlySet<number>;
}

/** Requests that the predictions may be of: `ID#3` is row 3 of `ID`, or a request that its caller named so. */
function wantedRequests(keys: Iterable<string>): WantedRequests {
  const requests = new Set<string>();
  for (const key of keys) {
    requests.add(key);
    const row = /#\d+$/.exec(key);
    if (row !== null) requests.add(key.slice(0, row.index));
  }
  return { requests, hashes: new Set([...requests].map((request) => hash32(request))) };
}

const startOfHour = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** Ids are callers' own and may repeat between models. */
export const predictionKey = (model: string, id: string): string => `${model} ${id}`;
