import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataKey } from '../constructs/data-key.ts';
import { DataLake } from '../constructs/data-lake.ts';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { ModelRegistry } from '../constructs/model-registry.ts';

export interface StatefulStackProps extends StackProps {
  /** Name of the environment; part of the key's alias. */
  readonly environment: string;
}

/** What must outlive everything else: the registry and the data. */
export class StatefulStack extends Stack {
  /** Everything that rests, in any stack, is encrypted with it. */
  readonly encryptionKey: DataKey;
  readonly registry: ModelRegistry;
  readonly lake: DataLake;

  constructor(scope: Construct, id: string, { environment, ...props }: StatefulStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    this.encryptionKey = new DataKey(this, 'DataKey', { alias: `trimtab-${environment}` });
    const { encryptionKey } = this;
    // S3 does not deliver logs into a bucket with a key of KMS.
    const accessLogs = new EncryptedBucket(this, 'AccessLogs', {
      lifecycleRules: [{ expiration: Duration.days(365) }],
    });
    this.registry = new ModelRegistry(this, 'Registry', { accessLogs, encryptionKey });
    this.lake = new DataLake(this, 'Lake', { accessLogs, encryptionKey });
    // What the command line needs to find this home: TRIMTAB_HOME=aws and these.
    for (const [name, value] of Object.entries({ ...this.registry.environment, ...this.lake.environment }))
      new CfnOutput(this, name.replaceAll('_', ''), { value, description: name });
  }
}
