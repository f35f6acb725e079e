import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../ports.ts';

/** The Date header has whole seconds. */
const RESOLUTION_MS = 1_000;
/** An answer that took longer says too little about when it was given. */
const SLOWEST_MS = 2_000;

/**
 * AWS's clock, as the Date header of its answers tells it, so that everybody who writes the ledger goes by one clock:
 * a laptop's may be minutes off, and a release made "in the future" would make every alarm look older than it.
 */
export class ServerClock implements Clock {
  #offset = 0;

  now(): Date {
    return new Date(Date.now() + this.#offset);
  }

  /** Takes the time from every answer of a client. */
  follow(client: DynamoDBClient): this {
    client.middlewareStack.add(
      (next) => async (args) => {
        const sent = Date.now();
        const result = await next(args);
        const { headers } = result.response as { headers?: Record<string, string> };
        this.observe(headers?.date, sent, Date.now());
        return result;
      },
      { step: 'deserialize', name: 'trimtabServerClock' },
    );
    return this;
  }

  /**
   * @param date   a Date header
   * @param sent   when its request went out, by the own clock; milliseconds
   * @param received when its answer came
   */
  observe(date: string | undefined, sent: number, received: number): void {
    const server = Date.parse(date ?? '') + RESOLUTION_MS / 2;
    const took = received - sent;
    if (Number.isNaN(server) || took < 0 || took > SLOWEST_MS) return;
    const offset = server - (sent + received) / 2;
    // What resolution and travel account for is no skew; a clock that is right is left alone.
    const unsure = RESOLUTION_MS / 2 + took / 2;
    if (Math.abs(offset - this.#offset) > unsure) this.#offset = Math.abs(offset) > unsure ? offset : 0;
  }
}
