import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PlatformError } from '../errors.ts';
import type { Bus, BusEvent } from '../ports.ts';

/** Events on an EventBridge bus. */
export class EventBridgeBus implements Bus {
  constructor(
    private readonly client: EventBridgeClient,
    readonly name: string,
  ) {}

  async publish({ source, detailType, detail }: BusEvent): Promise<void> {
    const { FailedEntryCount, Entries } = await this.client.send(
      new PutEventsCommand({
        Entries: [{ EventBusName: this.name, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) }],
      }),
    );
    // PutEvents answers 200 for entries that it did not take.
    if (FailedEntryCount) throw new PlatformError(`event '${detailType}' was not taken: ${Entries?.[0]?.ErrorMessage}`);
  }
}
