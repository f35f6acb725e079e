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
   * Takes a token out of a caller's bucket.
   *
   * @param now milliseconds since 1970
   * @returns 0 when there was one; otherwise nothing is taken, and it is the seconds until there will be one
   */
  take(caller: string, { perSecond, burst }: RateLimit, now: number): number {
    const perToken = 1000 / perSecond;
    const whole = burst * perToken;
    const known = this.full.get(caller) ?? 0;
    // A clock that was set back must not lock anybody out for longer than an empty bucket takes to fill.
    const from = Math.max(now, Math.min(known, now + whole));
    const late = from + perToken - now - whole;
    this.full.delete(caller);
    // Times of this size are kept to a fraction of a microsecond: less than that is no waiting.
    const taken = late <= 1e-3;
    this.full.set(caller, taken ? from + perToken : from);
    if (this.full.size > this.maxCallers) this.full.delete(this.full.keys().next().value!);
    return taken ? 0 : late / 1000;
  }
}
