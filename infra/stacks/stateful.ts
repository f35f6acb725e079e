import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataLake } from '../constructs/data-lake.ts';
import { EncryptedBucket } from '../constructs/encrypted-bucket.ts';
import { ModelRegistry } from '../constructs/model-registry.ts';

/** What must outlive everything else: the registry and the data. */
export class StatefulStack extends Stack {
  readonly registry: ModelRegistry;
  readonly lake: DataLake;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const accessLogs = new EncryptedBucket(this, 'AccessLogs', {
      lifecycleRules: [{ expiration: Duration.days(365) }],
    });
    this.registry = new ModelRegistry(this, 'Registry', { accessLogs });
    this.lake = new DataLake(this, 'Lake', { accessLogs });
    // What the command line needs to find this home: TRIMTAB_HOME=aws and these.
    for (const [name, value] of Object.entries({ ...this.registry.environment, ...this.lake.environment }))
      new CfnOutput(this, name.replaceAll('_', ''), { value, description: name });
  }
}
