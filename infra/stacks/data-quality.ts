import { Stack, type StackProps } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import { DataValidation } from '../constructs/data-validation.ts';
import { DriftDetection } from '../constructs/drift-detection.ts';
import { ReleaseReplay } from '../constructs/release-replay.ts';
import { ReplayRole } from '../constructs/replay-role.ts';
import { deployedModel } from '../model-folder.ts';
import type { StatefulStack } from './stateful.ts';

export interface DataQualityStackProps extends StackProps {
  readonly stateful: StatefulStack;
  readonly config: DeploymentConfig;
}

/** Validation of data files, drift detection on captured traffic, and who and what asks versions about it again. */
export class DataQualityStack extends Stack {
  readonly validation: DataValidation;
  readonly drift: DriftDetection;
  readonly replay: ReleaseReplay;

  constructor(scope: Construct, id: string, { stateful, config, ...props }: DataQualityStackProps) {
    super(scope, id, props);
    const { registry, lake, privacy, labels, encryptionKey } = stateful;
    const stores = { registry, lake, encryptionKey, architecture: config.architecture };
    this.validation = new DataValidation(this, 'Validation', { ...stores, privacy, ...config.validation });
    this.drift = new DriftDetection(this, 'Drift', { ...stores, labels });
    const opens = config.models.some((folder) => deployedModel(folder).replaysEncrypted);
    this.replay = new ReleaseReplay(this, 'Replays', {
      ...stores,
      labels,
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
    stateful.onCall.watch(this);
  }
}
