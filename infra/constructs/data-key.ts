import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** How the key is found. */
export interface DataKeyProps {
  /** Name by which people find it, without `alias/`. @default no alias */
  readonly alias?: string;
}

/** The key that everything at rest is encrypted with: rotated each year, retained, and open to the services that need it. */
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
 * Lets the services use a key that act in nobody's name, so that no role's permissions can help them: the log service,
 * EventBridge on its way to a queue, and CloudWatch on its way to a topic. For a key of your own; a `DataKey` has it.
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
 * Encryption of a queue: with a key, or with those of SQS. The key goes in by its ARN alone, or the CDK would write
 * statements of its own into the key's policy.
 */
export const queueEncryption = (scope: Construct, id: string, key: IKey | undefined) =>
  key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: Key.fromKeyArn(scope, `${id}Key`, key.keyArn) }
    : { encryption: QueueEncryption.SQS_MANAGED };
