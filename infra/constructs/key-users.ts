import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { IConstruct } from 'constructs';
import { keyBehind } from './key-behind.ts';

/** A service that uses a key where it acts without a role: for log groups, from rules to queues, from alarms to topics. */
export type KeyUser = 'logs' | 'events' | 'cloudwatch';

/** Where something is. */
interface Place {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/**
 * Lets services use a key, in the key's own policy, on behalf of what is in the stack of `scope`. A statement that is there
 * already is not added again. The policy of an imported key cannot be changed: a warning says what has to be in it.
 */
export function letIn(scope: IConstruct, given: IKey | undefined, ...users: KeyUser[]): void {
  const key = keyBehind(given);
  if (key === undefined) return;
  const { account, region, partition } = Stack.of(scope);
  for (const user of users) {
    // The CDK leaves out statements that are equal when it renders a policy.
    const { statementAdded } = key.addToResourcePolicy(statementFor(user, { account, region, partition }));
    if (!statementAdded) warn(scope, key, user);
  }
}

/** Identifier by which the warning about a service and an imported key is acknowledged. */
const warningOf = (user: KeyUser): string => `trimtab:imported-key-${user}`;

function warn(scope: IConstruct, key: IKey, user: KeyUser): void {
  const { account, region } = Stack.of(scope);
  const known = (value: string, name: string): string => (Token.isUnresolved(value) ? `<${name}>` : value);
  const statement = statementFor(user, {
    account: known(account, 'account'),
    region: known(region, 'region'),
    partition: RegionInfo.get(region).partition ?? '<partition>',
  });
  const text = JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()));
  // At the key, not at who uses it: the same for all of them, and acknowledged once.
  Annotations.of(key).addWarningV2(
    warningOf(user),
    `the key is imported, so its policy cannot be changed here; ${WITHOUT[user]} unless its policy has the statement ${text}`,
  );
}

/** What happens while the key's policy does not let a service in. */
const WITHOUT: Record<KeyUser, string> = {
  logs: 'log groups are not created',
  events: 'events are lost between rules and queues',
  cloudwatch: 'alarms tell nobody',
};

function statementFor(user: KeyUser, { account, region, partition }: Place): PolicyStatement {
  const fromHere = { StringEquals: { 'aws:SourceAccount': account } };
  // In a key's policy, * is the key.
  const resources = ['*'];
  switch (user) {
    case 'logs':
      return new PolicyStatement({
        sid: 'LogGroups',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources,
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
          },
        },
      });
    case 'events':
      return new PolicyStatement({
        sid: 'EventsToQueues',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources,
        conditions: fromHere,
      });
    case 'cloudwatch':
      return new PolicyStatement({
        sid: 'AlarmsToTopics',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources,
        conditions: {
          ...fromHere,
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
        },
      });
  }
}
