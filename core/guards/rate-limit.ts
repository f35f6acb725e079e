import type { RateLimit } from '../manifest/guards.ts';

/** Most callers that are remembered. */
export const MAX_CALLERS = 10_000;

/**
 * Token buckets, one a caller, each kept as a single number: the time at which the bucket would be full again. That is
 * the generic cell rate algorithm (ITU-T I.371, annex A), and the same as a bucket of `burst` tokens that `perSecond`
 * fill.
 *
 * The table is bounded. Who has not been seen for longest is forgotten first and comes back with a full bucket; a
 * caller who wants to be forgotten has to bring as many other identities as the table has places.
 */
export class CallerLimits {
  /** Caller -> when the bucket is full again, milliseconds since 1970; least recently seen first. */
  private readonly full = new Map<string, number>();

  constructor(private readonly maxCallers: number = MAX_CALLERS) {}

  get callers(): number {
    return this.full.size;
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
    const known = this.full.get(caller) ?? 0;
    // A clock that was set back must not lock anybody out for longer than an empty bucket takes to fill.
    const from = Math.max(now, Math.min(known, now + whole));
    const late = from + taking - now - whole;
    this.full.delete(caller);
    // Times of this size are kept to a fraction of a microsecond: less than that is no waiting.
    const taken = late <= 1e-3;
    this.full.set(caller, taken ? from + taking : from);
    if (this.full.size > this.maxCallers) this.full.delete(this.full.keys().next().value!);
    return taken ? 0 : late / 1000;
  }
}
