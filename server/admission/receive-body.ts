import type { Readable } from 'node:stream';
import type { ProtocolError } from '../../core/errors/protocol-error.ts';
import type { Admission } from './admission.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { Ticket } from './ticket.ts';

export interface Receiver {
  readonly admission: Admission;
  readonly ticket: Ticket;
  /** Largest body in bytes; one more is read, by which whoever judges it knows. */
  readonly limit: number;
  /** The body is here, truncated one byte beyond the limit. */
  readonly done: (body: Buffer, truncated: boolean) => void;
  /** There is no room for it. */
  readonly refused: (error: ProtocolError) => void;
  /** The caller has gone away in the middle. */
  readonly lost: () => void;
}

/** Reads the body of a request within the bounds of the server; one of the callbacks is called, once. */
export function receiveBody(incoming: Readable, receiver: Receiver): void {
  const { admission, ticket, limit } = receiver;
  const buffer = new BodyBuffer();
  let over = false;
  const stop = (): void => {
    over = true;
    incoming.removeListener('data', take);
  };
  const take = (piece: Buffer): void => {
    // What was cut off is read on for a while, so that its answer is not lost.
    if (!ticket.open) {
      stop();
      return;
    }
    buffer.add(piece);
    ticket.arrived += piece.length;
    try {
      admission.grow(ticket, buffer.held);
    } catch (error) {
      stop();
      ticket.leave();
      receiver.refused(error as ProtocolError);
      return;
    }
    if (buffer.length <= limit) return;
    incoming.pause();
    stop();
    admission.arrived(ticket);
    receiver.done(buffer.whole().subarray(0, limit + 1), true);
  };
  incoming.on('data', take);
  incoming.on('end', () => {
    if (over || !ticket.open) return;
    over = true;
    admission.arrived(ticket);
    receiver.done(buffer.whole(), false);
  });
  const lost = (): void => {
    if (over || !ticket.open) return;
    over = true;
    receiver.lost();
  };
  incoming.on('error', lost);
  incoming.on('close', lost);
}
