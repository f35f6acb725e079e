import { setTimeout as sleep } from 'node:timers/promises';
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PlatformError } from '../errors.ts';
import type { Bus, BusEvent } from '../ports.ts';

const ATTEMPTS = 3;

/** EventBridge. */
export class EventBridgeBus implements Bus {
  constructor(
    private readonly client: EventBridgeClient,
    readonly name: string,
    readonly environment: string,
  ) {}

  async publish(event: BusEvent): Promise<void> {
    const entry = {
      EventBusName: this.name,
      Source: event.source,
      DetailType: event.detailType,
      Detail: JSON.stringify({ environment: this.environment, ...event.detail }),
    };
    for (let attempt = 1; ; attempt++) {
      const { FailedEntryCount = 0, Entries = [] } = await this.client.send(new PutEventsCommand({ Entries: [entry] }));
      if (FailedEntryCount === 0) return;
      // The request as a whole succeeded, so the SDK does not try again; what failed is told in the answer.
      const { ErrorCode, ErrorMessage } = Entries[0] ?? {};
      if (attempt >= ATTEMPTS)
        throw new PlatformError(`the bus ${this.name} refused ${event.detailType}: ${ErrorCode} ${ErrorMessage}`);
      await sleep(100 * 2 ** (attempt - 1));
    }
  }
}
