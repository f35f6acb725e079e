import { ProtocolError } from '../errors/protocol-error.ts';
import { CallerLimits } from './rate-limit.ts';

/** Bytes of ground truth that one caller may send in a minute when nothing else is said. */
export const TRUTH_BYTES_PER_MINUTE = 8 * 1024 * 1024;
/** What all callers together may send of it, in shares of one: about as much as the join takes in a minute. */
const CALLERS = 8;
/** What a record takes beside its text. */
const RECORD_BYTES = 64;

/**
 * How much ground truth is taken in a minute, by caller and in all: it is stored before anybody knows whether its
 * predictions exist.
 */
export class TruthQuota {
  readonly #callers = new CallerLimits();
  readonly #all = new CallerLimits(1);

  /** @param bytesPerMinute of one caller, which it may send at once */
  constructor(private readonly bytesPerMinute: number = TRUTH_BYTES_PER_MINUTE) {}

  /**
   * Takes what records hold from a caller's share.
   *
   * @param now milliseconds since 1970
   * @throws ProtocolError 429 beyond the share of the caller, 503 beyond that of all, 413 for what no share takes
   */
  take(caller: string, sent: { readonly bytes: number; readonly records: number }, now: number): void {
    const cost = sent.bytes + RECORD_BYTES * sent.records;
    const { bytesPerMinute: burst } = this;
    if (cost > burst)
      throw new ProtocolError(413, `the records hold ${cost} bytes, a caller may send ${burst} in a minute`);
    const wait = this.#callers.take(caller, { perSecond: burst / 60, burst }, now, cost);
    if (wait > 0)
      throw new ProtocolError(
        429,
        `too much ground truth: a caller may send ${burst} bytes in a minute, and these are ${cost} more; try again in ${secondsText(wait)}`,
        { retryAfterSeconds: wait },
      );
    const all = CALLERS * burst;
    const busy = this.#all.take('all', { perSecond: all / 60, burst: all }, now, cost);
    if (busy > 0)
      throw new ProtocolError(
        503,
        `too much ground truth: ${all} bytes are taken in a minute from all callers together; try again in ${secondsText(busy)}`,
        { retryAfterSeconds: busy },
      );
  }
}

/** A wait, rounded up: whoever comes back then is not early. */
const secondsText = (wait: number): string => `${(Math.ceil(10 * wait) / 10).toFixed(1)} s`;
