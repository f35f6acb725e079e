import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Props of {@link DataKey}. */
export interface DataKeyProps {
  /** Alias of the key, without `alias/`. @default no alias */
  readonly alias?: string;
}

/**
 * The customer-managed key of all stored data. It is rotated every year, retained when its stack is deleted, and usable by
 * the services that need it.
 *
 * @example
 * ```ts
 * import { DataKey, ModelRegistry } from 'trimtab';
 *
 * const encryptionKey = new DataKey(stack, 'Key', { alias: 'models' });
 * new ModelRegistry(stack, 'Registry', { encryptionKey });
 * ```
 */
export class DataKey extends Key {
  constructor(scope: Construct, id: string, props: DataKeyProps = {}) {
    super(scope, id, {
      alias: props.alias,
      description: 'Trimtab: data at rest',
      enableKeyRotation: true,
      // Without it, nothing that is retained could be read again.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    letServicesIn(this);
  }
}

/**
 * Lets services use a key of your own where they act without a role: CloudWatch Logs for log groups, EventBridge for
 * queues, and CloudWatch for alarm topics. A {@link DataKey} does so by itself.
 *
 * @throws Error when the key is imported, because its policy cannot be changed
 *
 * @example
 * ```ts
 * import { Key } from 'aws-cdk-lib/aws-kms';
 * import { letServicesIn, OnCall } from 'trimtab';
 *
 * const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
 * letServicesIn(encryptionKey);
 * new OnCall(stack, 'OnCall', { encryptionKey });
 * ```
 */
export function letServicesIn(key: IKey): void {
  const { account, region, partition } = Stack.of(key);
  const fromHere = { StringEquals: { 'aws:SourceAccount': account } };
  const statements: PolicyStatementProps[] = [
    {
      sid: 'LogGroups',
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    },
    {
      sid: 'EventsToQueues',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      conditions: fromHere,
    },
    {
      sid: 'AlarmsToTopics',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      conditions: {
        ...fromHere,
        ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
      },
    },
  ];
  for (const statement of statements) {
    const { statementAdded } = key.addToResourcePolicy(
      // In a key's policy, * is the key.
      new PolicyStatement({ ...statement, resources: ['*'] }),
    );
    if (!statementAdded)
      throw new Error(
        `the policy of the key ${key.node.path} cannot be changed here: it is imported, received ${statement.sid}`,
      );
  }
}

/**
 * Encryption of a queue: with the given key, else with keys of SQS. The key is imported by its ARN, because the CDK would
 * otherwise add statements of its own to the key's policy.
 */
export const queueEncryption = (scope: Construct, id: string, key: IKey | undefined) =>
  key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: Key.fromKeyArn(scope, `${id}Key`, key.keyArn) }
    : { encryption: QueueEncryption.SQS_MANAGED };
