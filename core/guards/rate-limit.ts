import type { RateLimit } from '../manifest/guards.ts';
import { LinkedList, ListPlace } from './linked-list.ts';

/** Most callers that are remembered. */
export const MAX_CALLERS = 10_000;

/** A caller's bucket. */
interface Bucket {
  readonly caller: string;
  /** When it is full again; milliseconds since 1970. */
  full: number;
}

/**
 * Token buckets, one a caller, each kept as a single number: the time at which the bucket would be full again. That is
 * the generic cell rate algorithm (ITU-T I.371, annex A), and the same as a bucket of `burst` tokens that `perSecond`
 * fill.
 *
 * The table is bounded. Who has not been seen for longest is forgotten first and comes back with a full bucket; a
 * caller who wants to be forgotten has to bring as many other identities as the table has places.
 */
export class CallerLimits {
  readonly #buckets = new Map<string, ListPlace<Bucket>>();
  /** The same buckets, those of callers that have not been seen for longest first. */
  readonly #seen = new LinkedList<Bucket>();

  constructor(private readonly maxCallers: number = MAX_CALLERS) {}

  get callers(): number {
    return this.#buckets.size;
  }

  /**
   * Takes tokens out of a caller's bucket: all that it costs, or none.
   *
   * @param now milliseconds since 1970
   * @param cost tokens, no more than the bucket holds
   * @returns 0 when they were there; otherwise nothing is taken, and it is the seconds until they will be
   */
  take(caller: string, { perSecond, burst }: RateLimit, now: number, cost = 1): number {
    const taking = (1000 * cost) / perSecond;
    const whole = (1000 * burst) / perSecond;
    const place = this.#placeOf(caller);
    const bucket = place.value;
    // A clock that was set back must not lock anybody out for longer than an empty bucket takes to fill.
    const from = Math.max(now, Math.min(bucket.full, now + whole));
    const late = from + taking - now - whole;
    // Times of this size are kept to a fraction of a microsecond: less than that is no waiting.
    const taken = late <= 1e-3;
    bucket.full = taken ? from + taking : from;
    if (this.#buckets.size > this.maxCallers) this.#forget();
    return taken ? 0 : late / 1000;
  }

  /** The bucket of a caller, who has been seen now. */
  #placeOf(caller: string): ListPlace<Bucket> {
    let place = this.#buckets.get(caller);
    if (place === undefined) {
      place = new ListPlace<Bucket>({ caller, full: 0 });
      this.#buckets.set(caller, place);
    } else this.#seen.delete(place);
    this.#seen.add(place);
    return place;
  }

  #forget(): void {
    const { caller } = this.#seen.first!;
    this.#seen.delete(this.#buckets.get(caller)!);
    this.#buckets.delete(caller);
  }
}
