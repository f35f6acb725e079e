import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import { DataValidation } from '../constructs/data-validation.ts';
import { DriftDetection } from '../constructs/drift-detection.ts';
import type { StatefulStack } from './stateful.ts';

export interface DataQualityStackProps extends StackProps {
  readonly stateful: StatefulStack;
  readonly config: DeploymentConfig;
}

/** Validation of data files, and drift detection on captured traffic. */
export class DataQualityStack extends Stack {
  readonly validation: DataValidation;
  readonly drift: DriftDetection;

  constructor(scope: Construct, id: string, { stateful, config, ...props }: DataQualityStackProps) {
    super(scope, id, props);
    const { registry, lake, privacy, encryptionKey } = stateful;
    const stores = { registry, lake, encryptionKey, architecture: config.architecture };
    this.validation = new DataValidation(this, 'Validation', { ...stores, privacy, ...config.validation });
    this.drift = new DriftDetection(this, 'Drift', stores);
    stateful.onCall.watch(this);
  }
}
