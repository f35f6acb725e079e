import { randomUUID } from 'node:crypto';
import { ListRulesCommand, ListTargetsByRuleCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';
import { ACCOUNT, REGION } from './deployment.ts';

/** What an AWS service tells the bus, less the envelope. */
export interface ServiceEvent {
  readonly source: `aws.${string}`;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/**
 * Delivers an event of an AWS service as EventBridge does: to the targets of every deployed rule whose pattern it
 * matches, by the emulator's own matching. The emulator lets nobody but itself send events of services (neither does
 * AWS), and it sends none for alarms.
 */
export async function route(clients: Clients, { source, detailType, resources, detail }: ServiceEvent): Promise<void> {
  const Event = JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region: REGION,
    resources,
    detail,
  });
  const { Rules = [] } = await clients.events.send(new ListRulesCommand({}));
  for (const { Name, EventPattern, State } of Rules) {
    if (EventPattern === undefined || State !== 'ENABLED') continue;
    const { Result } = await clients.events.send(new TestEventPatternCommand({ EventPattern, Event }));
    if (!Result) continue;
    const { Targets = [] } = await clients.events.send(new ListTargetsByRuleCommand({ Rule: Name }));
    for (const { Arn } of Targets) await deliver(clients, Arn!, Event);
  }
}

async function deliver(clients: Clients, arn: string, event: string): Promise<void> {
  const [, , service, , , resource] = arn.split(':');
  if (service === 'lambda')
    await clients.lambda.send(
      new InvokeCommand({ FunctionName: arn, InvocationType: 'Event', Payload: Buffer.from(event) }),
    );
  else if (service === 'sqs')
    await clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: `${process.env.AWS_ENDPOINT_URL}/${ACCOUNT}/${resource}`,
        MessageBody: event,
      }),
    );
  else throw new Error(`this router does not know targets such as ${arn}`);
}
