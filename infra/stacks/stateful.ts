import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import { DataKey } from '../constructs/data-key.ts';
import { DataLake } from '../constructs/data-lake.ts';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { busEnvironment } from '../constructs/event-bus.ts';
import { LabelsSecret } from '../constructs/labels-secret.ts';
import { ModelRegistry } from '../constructs/model-registry.ts';
import { OnCall } from '../constructs/on-call.ts';
import { PrivacySecret } from '../constructs/privacy-secret.ts';
import { topicsOf } from './surroundings.ts';

export interface StatefulStackProps extends StackProps {
  readonly config: DeploymentConfig;
}

/** Everything that must not be lost when other stacks are replaced: registry, data, key, secrets and alarm topic. */
export class StatefulStack extends Stack {
  /** Encrypts the stored data of all stacks. */
  readonly encryptionKey: IKey;
  readonly registry: ModelRegistry;
  readonly lake: DataLake;
  readonly onCall: OnCall;
  readonly privacy: PrivacySecret;
  readonly labels: LabelsSecret;
  /** The bus of Trimtab's own events, where it is not the account's default one. */
  readonly eventBus: IEventBus | undefined;

  constructor(scope: Construct, id: string, { config, ...props }: StatefulStackProps) {
    const disposable = config.preview;
    super(scope, id, { ...props, terminationProtection: !disposable });
    this.encryptionKey =
      config.encryptionKeyArn === undefined
        ? new DataKey(this, 'DataKey', { alias: `trimtab-${config.environment}` })
        : Key.fromKeyArn(this, 'GivenKey', config.encryptionKeyArn);
    this.eventBus =
      config.eventBus === undefined ? undefined : EventBus.fromEventBusName(this, 'GivenBus', config.eventBus);
    const { encryptionKey } = this;
    // S3 does not deliver logs into a bucket with a key of KMS.
    const accessLogs = new EncryptedBucket(this, 'AccessLogs', {
      lifecycleRules: [{ expiration: Duration.days(365) }],
      disposable,
    });
    this.registry = new ModelRegistry(this, 'Registry', {
      accessLogs,
      encryptionKey,
      environmentName: config.environment,
      disposable,
    });
    this.lake = new DataLake(this, 'Lake', { accessLogs, encryptionKey, disposable });
    this.onCall = new OnCall(this, 'OnCall', {
      email: config.alarmEmail,
      okActions: config.alarmOkActions,
      ...(config.alarmTopics === undefined ? { encryptionKey } : { topics: topicsOf(this, config.alarmTopics) }),
    });
    this.privacy = new PrivacySecret(this, 'Privacy', { encryptionKey });
    this.labels = new LabelsSecret(this, 'Labels', { encryptionKey });
    // What the command line needs to find this home: TRIMTAB_HOME=aws and these.
    for (const [name, value] of Object.entries({
      ...this.registry.environment,
      ...this.lake.environment,
      ...this.privacy.environment,
      ...this.labels.environment,
      ...busEnvironment(this, this.eventBus),
    }))
      new CfnOutput(this, name.replaceAll('_', ''), { value, description: name });
  }
}
