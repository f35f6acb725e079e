import { Stack, type StackProps } from 'aws-cdk-lib';
import { ArnPrincipal, Policy, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { infer } from '../../functions/infer/trigger.ts';
import { replay } from '../../functions/replay/trigger.ts';
import type { DeploymentConfig } from '../config.ts';
import type { IDataLake } from '../constructs/data-lake.ts';
import { DataValidation } from '../constructs/data-validation.ts';
import { DriftDetection } from '../constructs/drift-detection.ts';
import { LakeTables } from '../constructs/lake-tables.ts';
import { ReleaseReplay } from '../constructs/release-replay.ts';
import { ReplayRole } from '../constructs/replay-role.ts';
import { deployedModel } from '../model-folder.ts';
import { readersOf } from '../places.ts';
import type { StatefulStack } from './stateful.ts';
import { functionsIn } from './surroundings.ts';

export interface DataQualityStackProps extends StackProps {
  readonly stateful: StatefulStack;
  readonly config: DeploymentConfig;
}

/** Validation of data files, drift detection on captured traffic, and who and what asks versions about it again. */
export class DataQualityStack extends Stack {
  readonly validation: DataValidation;
  readonly drift: DriftDetection;
  readonly replay: ReleaseReplay;
  /** Tables of captures and truths, where the configuration wants some. */
  readonly tables: LakeTables | undefined;

  constructor(scope: Construct, id: string, { stateful, config, ...props }: DataQualityStackProps) {
    super(scope, id, props);
    const { registry, lake, privacy, labels, encryptionKey, eventBus } = stateful;
    const functions = functionsIn(this, config);
    const stores = { ...functions, registry, lake, encryptionKey, architecture: config.architecture };
    this.validation = new DataValidation(this, 'Validation', { ...stores, eventBus, privacy, ...config.validation });
    this.drift = new DriftDetection(this, 'Drift', { ...stores, eventBus, labels });
    const opens = config.models.some((folder) => deployedModel(folder).replaysEncrypted);
    // It opens what the endpoint opens: less than the endpoint has would be a version that fails here alone.
    const { memoryMb = infer.memoryMb, temporaryMb = infer.temporaryMb } = config.endpoint;
    this.replay = new ReleaseReplay(this, 'Replays', {
      ...stores,
      labels,
      memoryMb: Math.max(memoryMb, replay.memoryMb),
      temporaryMb: Math.max(temporaryMb, replay.temporaryMb),
      ...(opens ? { privacy } : {}),
      ...config.rollback,
    });
    if (config.replay !== undefined)
      new ReplayRole(this, 'Replay', {
        registry,
        lake,
        privacy,
        labels,
        assumedBy: new ArnPrincipal(config.replay.assumedBy),
      });
    this.tables = config.tables === false ? undefined : this.lakeTables(config, lake);
    stateful.onCall.watch(this);
  }

  private lakeTables({ environment, tables }: DeploymentConfig, lake: IDataLake): LakeTables {
    const databaseName = `trimtab_${environment.replaceAll('-', '_')}`;
    const made = new LakeTables(this, 'Tables', { lake, databaseName });
    const roles = readersOf(tables).map((arn, i) => Role.fromRoleArn(this, `Reader${i}`, arn));
    // A role has one policy of a name, and a role is of all regions: the CDK's own name is the same in each environment.
    const policyName = `${this.stackName}-${this.region}-Query`;
    if (roles.length > 0) made.grantQuery(new Policy(this, 'Query', { policyName, roles }));
    return made;
  }
}
