import { capturedSubject, rowId } from '../../core/captures/capture.ts';
import { capturedScores } from '../../core/captures/captured-outputs.ts';
import type { Variant } from '../../core/serving/variant.ts';
import { capturesDelivered, readCaptureObject } from '../../platform/captures.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';

/** What a captured prediction said, and who said it. */
export interface Prediction {
  readonly model: string;
  readonly version: number;
  readonly variant: Variant;
  readonly score: number | null;
  /** When it was made, ISO 8601. */
  readonly at: string;
  /** Pseudonym of whom it is about, where the capture says. */
  readonly subject?: string;
}

const HOUR_MS = 3_600_000;
/** Predictions held in memory at most, over all objects. */
const MAX_PREDICTIONS = 500_000;

/** What was read of one capture object, and which write of it. */
interface Held {
  readonly etag: string;
  readonly predictions: ReadonlyMap<string, Prediction>;
}

/**
 * Finds captured predictions by their id. While a capture object is held it is read once for each write of it: to
 * forget somebody writes it anew under its key, and what was erased must not live on in a warm function.
 */
export class PredictionIndex {
  readonly #objects = new Map<string, Held>();
  #held = 0;

  constructor(private readonly home: Pick<Home, 'captures'>) {}

  /**
   * Looks for predictions among captures delivered between two instants, latest hours first, until all are found.
   *
   * @param ids prediction ids (`MODEL` and id joined by {@link predictionKey})
   */
  async find(keys: ReadonlySet<string>, from: Date, to: Date): Promise<Map<string, Prediction>> {
    const found = new Map<string, Prediction>();
    const oldest = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS;
    for (let hour = to.getTime(); hour >= oldest && found.size < keys.size; hour -= HOUR_MS)
      for await (const object of capturesDelivered(this.home, new Date(hour))) {
        const predictions = await this.#read(object);
        // The smaller side is walked.
        if (predictions.size < keys.size) {
          for (const [id, prediction] of predictions) if (keys.has(id)) found.set(id, prediction);
        } else
          for (const id of keys) {
            const prediction = predictions.get(id);
            if (prediction) found.set(id, prediction);
          }
      }
    return found;
  }

  async #read({ key, etag }: ObjectInfo): Promise<ReadonlyMap<string, Prediction>> {
    const known = this.#objects.get(key);
    if (known?.etag === etag) return known.predictions;
    if (known) this.#drop(key, known);
    const predictions = new Map<string, Prediction>();
    for (const capture of await readCaptureObject(this.home, key)) {
      // A shadow's answer goes nowhere and has the id of the answer that did.
      if (capture.variant === 'shadow') continue;
      const { model, version, variant, at } = capture;
      for (const [row, score] of capturedScores(capture).entries()) {
        const subject = capturedSubject(capture, row);
        const prediction = { model, version, variant, score, at, ...(subject === undefined ? {} : { subject }) };
        predictions.set(predictionKey(model, rowId(capture, row)), prediction);
      }
    }
    this.#objects.set(key, { etag, predictions });
    this.#held += predictions.size;
    for (const [oldest, held] of this.#objects) {
      if (this.#held <= MAX_PREDICTIONS || oldest === key) break;
      this.#drop(oldest, held);
    }
    return predictions;
  }

  #drop(key: string, { predictions }: Held): void {
    this.#objects.delete(key);
    this.#held -= predictions.size;
  }
}

/** Ids are callers' own and may repeat between models. */
export const predictionKey = (model: string, id: string): string => `${model} ${id}`;
