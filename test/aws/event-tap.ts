import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';

export interface TappedEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Record<string, unknown>;
}

/** Listens on the bus as a user's own system would: a rule of one's own that leads to a queue of one's own. */
export class EventTap {
  readonly events: TappedEvent[] = [];

  private constructor(
    private readonly clients: Clients,
    private readonly queue: string,
  ) {}

  static async open(clients: Clients, sources: readonly string[]): Promise<EventTap> {
    const name = 'somebody-elses-queue';
    const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const arn = Attributes!.QueueArn!;
    const pattern = JSON.stringify({ source: sources });
    const { RuleArn } = await clients.events.send(new PutRuleCommand({ Name: name, EventPattern: pattern }));
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn,
          Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
        },
      ],
    };
    await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }));
    await clients.events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: 'queue', Arn: arn }] }));
    return new EventTap(clients, QueueUrl!);
  }

  /** The first event, of those that have arrived, of which this holds. */
  async find(holds: (event: TappedEvent) => boolean): Promise<TappedEvent | undefined> {
    for (;;) {
      const { Messages = [] } = await this.clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.queue, MaxNumberOfMessages: 10 }),
      );
      for (const { Body, ReceiptHandle } of Messages) {
        this.events.push(JSON.parse(Body!) as TappedEvent);
        await this.clients.sqs.send(new DeleteMessageCommand({ QueueUrl: this.queue, ReceiptHandle }));
      }
      if (Messages.length === 0) return this.events.find(holds);
    }
  }
}
