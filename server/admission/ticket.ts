import type { ProtocolError } from '../../core/errors/protocol-error.ts';
import { type LinkedList, ListPlace } from '../../core/guards/linked-list.ts';

/** What one caller holds. */
export interface Use {
  readonly caller: string;
  requests: number;
  bytes: number;
  readonly waiting: LinkedList<Ticket>;
}

/** The place of one request. */
export class Ticket {
  /** Bytes held. */
  bytes = 0;
  /** Bytes of the body that have arrived. */
  arrived = 0;
  /** Whether it is the body that is waited for, and not that the answer is read. */
  sending = true;
  open = true;
  /** When it began to wait for its caller; milliseconds. */
  since = 0;
  /** Its places among all requests that wait for their callers, and among those of its caller. */
  readonly placeOfAll = new ListPlace<Ticket>(this);
  readonly placeOfCaller = new ListPlace<Ticket>(this);
  #measuredAt = 0;
  #measuredBytes = 0;

  constructor(
    private readonly admission: { leave(ticket: Ticket): void },
    readonly use: Use,
    private readonly cut: (error: ProtocolError) => void,
    readonly withinMs: number | undefined,
  ) {}

  /** Bytes that have arrived since the rate was last measured. */
  get recent(): number {
    return this.arrived - this.#measuredBytes;
  }

  /** @returns how long the rate has been measured, once that is the grace time; milliseconds */
  measure(now: number, stood: boolean, graceMs: number): number | undefined {
    if (stood) this.measureFrom(now);
    const elapsed = now - (this.#measuredAt || this.since);
    return elapsed < graceMs ? undefined : elapsed;
  }

  measureFrom(now: number): void {
    this.#measuredAt = now;
    this.#measuredBytes = this.arrived;
  }

  /** Gives the place back; whatever else happens to the request is nothing to it. */
  leave(): void {
    if (!this.open) return;
    this.open = false;
    this.admission.leave(this);
  }

  cutOff(error: ProtocolError): void {
    this.leave();
    this.cut(error);
  }
}
