import { ProtocolError } from '../../core/errors/protocol-error.ts';
import { LinkedList } from '../../core/guards/linked-list.ts';
import { RefusalCounts, type RefusalReason } from './refusal-counts.ts';
import { Ticket, type Use } from './ticket.ts';

export interface AdmissionOptions {
  /** Most requests that may be under way at once. */
  readonly requests: number;
  /** Most bytes that their bodies and unread answers may hold. */
  readonly bytes: number;
  /** Share of both that one caller may hold, above 0 and at most 1. */
  readonly callerShare: number;
  /** A caller may hold that much in any case: the largest body; bytes. */
  readonly largestBody: number;
  /** Least rate at which a body must arrive, bytes a second; 0 asks for none. */
  readonly bodyRate: number;
  /** How long the rate is measured before it counts; milliseconds. */
  readonly graceMs: number;
}

/** What is done for a request whose turn has ended at a bound. */
export interface TicketOptions {
  /** Cuts the request off with the error. The ticket has been given back by then. */
  readonly cut: (error: ProtocolError) => void;
  /** Time in which the whole body must have arrived; milliseconds. @default no limit */
  readonly withinMs?: number;
}

/** Which of the two sums of a bound is full. */
type Bound = 'requests' | 'bytes';

/** Bodies up to this size are bounded by the number of requests alone; bytes. */
const SMALL_BYTES = 4 * 1024;
/** Seconds after which a refused caller may try again. */
const RETRY_SECONDS = 1;

/**
 * Bounds what requests hold, for the whole process and for each caller. Room is taken by what has arrived: a body by its
 * buffers as they grow, never by the length that its head promises. Where there is no room, the request that has waited
 * longest for its caller (to send the body, or to read the answer) is cut off, if that is longer than the grace time;
 * only when there is none the new one is refused. Bodies that arrive too slowly are cut off in any case, as Kestrel does
 * (MinRequestBodyDataRate, 240 bytes a second after 5 s).
 */
export class Admission {
  #requests = 0;
  #bytes = 0;
  /** Held by requests that do not wait for their callers. */
  #busyRequests = 0;
  #busyBytes = 0;
  readonly #uses = new Map<string, Use>();
  /** Requests that wait for their callers, the longest waiting first. */
  readonly #waiting = new LinkedList<Ticket>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #sweepMs: number;
  #sweptAt = performance.now();

  constructor(
    private readonly options: AdmissionOptions,
    readonly refusals = new RefusalCounts(),
  ) {
    this.#sweepMs = Math.max(20, Math.min(1_000, options.graceMs / 5));
    this.#sweeping = setInterval(() => this.#sweep(), this.#sweepMs).unref();
  }

  /** Requests under way. */
  get requests(): number {
    return this.#requests;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Callers with requests under way. */
  get callers(): number {
    return this.#uses.size;
  }

  /**
   * Used share of the bounds by what is worked on, 0 to 1. What waits for its caller does not count: it gives way, so
   * that slow callers cannot make the process look overloaded.
   */
  get fill(): number {
    return Math.max(this.#busyRequests / this.options.requests, this.#busyBytes / this.options.bytes);
  }

  /** Admits a request whose body has not arrived. @throws ProtocolError 503 or 429 when there is no room */
  enter(caller: string, { cut, withinMs }: TicketOptions): Ticket {
    let use = this.#uses.get(caller);
    if (use !== undefined && use.requests >= this.#share('requests') && !this.#cutOldest(use.waiting, 'requests', use))
      throw this.#refused('requests', use);
    // Answers that nobody reads may be more than there is room for.
    if (use !== undefined && use.bytes > this.#share('bytes') && !this.#cutOldest(use.waiting, 'bytes', use))
      throw this.#refused('bytes', use);
    if (this.#bytes > this.options.bytes && this.#requests > 1 && !this.#cutOldest(this.#waiting, 'bytes'))
      throw this.#refused('bytes');
    if (this.#requests >= this.options.requests && !this.#cutOldest(this.#waiting, 'requests'))
      throw this.#refused('requests');
    // Cutting off may have ended the last request of the caller.
    use = this.#uses.get(caller);
    if (use === undefined) {
      use = { caller, requests: 0, bytes: 0, waiting: new LinkedList() };
      this.#uses.set(caller, use);
    }
    use.requests++;
    this.#requests++;
    const ticket = new Ticket(this, use, cut, withinMs);
    this.#wait(ticket);
    return ticket;
  }

  /** Asks whether a body of this length would find room now. @throws ProtocolError 503 or 429 when it would not */
  assertRoom(ticket: Ticket, bytes: number): void {
    const { use } = ticket;
    if (bytes <= SMALL_BYTES) return;
    const more = bytes - ticket.bytes;
    if (use.bytes > ticket.bytes && use.bytes + more > this.#share('bytes')) throw this.#refused('bytes', use);
    if (this.#bytes > ticket.bytes && this.#bytes + more > this.options.bytes) throw this.#refused('bytes');
  }

  /**
   * Accounts for a body that has grown. A small one always has room, by the bound of requests: whoever fills the bytes
   * with large ones does not keep out those of a few numbers. One larger than the whole bound is admitted when there is no
   * other: the limit of bodies bounds it.
   *
   * @throws ProtocolError 503 or 429 when there is no room
   */
  grow(ticket: Ticket, held: number): void {
    const { use } = ticket;
    const more = held - ticket.bytes;
    if (more <= 0) return;
    if (held <= SMALL_BYTES) {
      this.#hold(ticket, held);
      return;
    }
    while (use.bytes > ticket.bytes && use.bytes + more > this.#share('bytes'))
      if (!this.#cutOldest(use.waiting, 'bytes', use, ticket)) throw this.#refused('bytes', use);
    while (this.#bytes > ticket.bytes && this.#bytes + more > this.options.bytes)
      if (!this.#cutOldest(this.#waiting, 'bytes', undefined, ticket)) throw this.#refused('bytes');
    this.#hold(ticket, held);
  }

  /** The body has arrived: the request is worked on, and waits for its caller no more. */
  arrived(ticket: Ticket): void {
    if (!this.#waiting.delete(ticket.placeOfAll)) return;
    ticket.use.waiting.delete(ticket.placeOfCaller);
    this.#busyRequests++;
    this.#busyBytes += ticket.bytes;
  }

  /** The caller has been sent an answer, and has to read it: its bytes are held instead of the body's. */
  answered(ticket: Ticket, bytes: number): void {
    if (!ticket.open || this.#waiting.has(ticket.placeOfAll)) return;
    this.#busyRequests--;
    this.#busyBytes -= ticket.bytes;
    this.#wait(ticket);
    this.#hold(ticket, bytes);
    ticket.sending = false;
  }

  leave(ticket: Ticket): void {
    const { use } = ticket;
    if (this.#waiting.delete(ticket.placeOfAll)) use.waiting.delete(ticket.placeOfCaller);
    else {
      this.#busyRequests--;
      this.#busyBytes -= ticket.bytes;
    }
    this.#requests--;
    this.#bytes -= ticket.bytes;
    use.bytes -= ticket.bytes;
    if (--use.requests === 0) this.#uses.delete(use.caller);
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  #wait(ticket: Ticket): void {
    ticket.since = performance.now();
    this.#waiting.add(ticket.placeOfAll);
    ticket.use.waiting.add(ticket.placeOfCaller);
  }

  #hold(ticket: Ticket, held: number): void {
    const more = held - ticket.bytes;
    ticket.bytes = held;
    ticket.use.bytes += more;
    this.#bytes += more;
    if (!this.#waiting.has(ticket.placeOfAll)) this.#busyBytes += more;
  }

  /** What one caller may hold; infinite where that is all there is: then the bound of the server says so. */
  #share(bound: Bound): number {
    const { callerShare, largestBody } = this.options;
    if (callerShare === 1) return Number.POSITIVE_INFINITY;
    const share = Math.ceil(this.options[bound] * callerShare);
    return bound === 'bytes' ? Math.max(share, largestBody) : share;
  }

  /**
   * Cuts off the request that has waited longest for its caller, if that is longer than the grace time.
   *
   * @param use of the caller whose share is full; undefined where the server is
   * @returns whether there was one
   */
  #cutOldest(waiting: LinkedList<Ticket>, bound: Bound, use?: Use, except?: Ticket): boolean {
    for (const ticket of waiting) {
      if (ticket === except) continue;
      if (performance.now() - ticket.since < this.options.graceMs) return false;
      ticket.cutOff(this.#refused(bound, use, 'this request has waited longest for its caller and gives way'));
      return true;
    }
    return false;
  }

  /** @param use of the caller whose share is full; undefined where the server is */
  #refused(bound: Bound, use?: Use, why = 'try again later'): ProtocolError {
    const retry = { retryAfterSeconds: RETRY_SECONDS };
    this.refusals.add(use === undefined ? bound : (`caller-${bound}` as RefusalReason));
    const { requests, bytes, callerShare } = this.options;
    if (use === undefined)
      return new ProtocolError(
        503,
        `the server is full (${this.#requests} of ${requests} requests, ${this.#bytes} of ${bytes} bytes), ${why}`,
        retry,
      );
    const held = `${use.requests} of ${this.#share('requests')} requests, ${use.bytes} of ${this.#share('bytes')} bytes`;
    return new ProtocolError(
      429,
      `your share of the server is used up (${held}; a caller may hold ${Math.round(callerShare * 100)} % of it), ${why}`,
      retry,
    );
  }

  /** Cuts off bodies that arrive too slowly or have taken too long. */
  #sweep(): void {
    const now = performance.now();
    // What arrived while the process stood still has not been read yet, and is not held against its sender.
    const stood = now - this.#sweptAt > 2 * this.#sweepMs;
    this.#sweptAt = now;
    const { bodyRate, graceMs } = this.options;
    for (const ticket of [...this.#waiting]) {
      // One that was cut off may have taken others along.
      if (!ticket.sending || !this.#waiting.has(ticket.placeOfAll)) continue;
      const { withinMs } = ticket;
      if (withinMs !== undefined && now - ticket.since > withinMs) {
        this.refusals.add('body-time');
        ticket.cutOff(
          new ProtocolError(
            408,
            `the body did not come in time: ${ticket.arrived} bytes in ${withinMs / 1_000} s, which is all the time there is`,
            { retryAfterSeconds: RETRY_SECONDS },
          ),
        );
        continue;
      }
      const elapsed = ticket.measure(now, stood, graceMs);
      if (elapsed === undefined || ticket.recent * 1_000 >= bodyRate * elapsed) {
        if (elapsed !== undefined) ticket.measureFrom(now);
        continue;
      }
      this.refusals.add('body-rate');
      ticket.cutOff(
        new ProtocolError(
          408,
          `the body comes too slowly: ${ticket.recent} bytes in the last ${(elapsed / 1_000).toFixed(1)} s, ` +
            `at least ${bodyRate} bytes a second are expected`,
          { retryAfterSeconds: RETRY_SECONDS },
        ),
      );
    }
  }
}
