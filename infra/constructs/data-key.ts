import { RemovalPolicy } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { keyBehind } from './key-behind.ts';
import { letIn } from './key-users.ts';

/** Props of {@link DataKey}. */
export interface DataKeyProps {
  /** Alias of the key, without `alias/`. @default no alias */
  readonly alias?: string;
}

/**
 * The customer-managed key of all stored data. It is rotated every year, retained when its stack is deleted, and lets in
 * all services that any construct here needs, so that constructs of other apps can use it as well. A `Key` of your own
 * does in its place: constructs that are given one let in the services that they need.
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
    // Who imports the key cannot change its policy any more.
    letIn(this, this, 'logs', 'events', 'cloudwatch');
  }
}

/**
 * Encryption of a queue: with the given key, else with keys of SQS. The key is imported by its ARN, because the CDK would
 * otherwise add statements of its own to the key's policy.
 */
export const queueEncryption = (scope: Construct, id: string, key: IKey | undefined) =>
  key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: Key.fromKeyArn(scope, `${id}Key`, keyBehind(key).keyArn) }
    : { encryption: QueueEncryption.SQS_MANAGED };
