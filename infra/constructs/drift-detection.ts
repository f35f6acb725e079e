import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { drift } from '../../functions/drift/trigger.ts';
import { groundTruth } from '../../functions/ground-truth/trigger.ts';
import { defaultBus } from './data-validation.ts';
import { allow, type IModelRegistry } from './model-registry.ts';
import { ScheduledFunction } from './scheduled-function.ts';

export interface DriftDetectionProps {
  readonly registry: IModelRegistry;
  /** Store of reports and ground truth. */
  readonly data: IBucket;
  /** Store of captured predictions. */
  readonly captures: IBucket;
  /** @default x64 */
  readonly architecture?: 'x64' | 'arm64';
}

/** Watches what models see and how right they are: drift against the baseline, and ground truth as it arrives. */
export class DriftDetection extends Construct {
  readonly drift: ScheduledFunction;
  readonly groundTruth: ScheduledFunction;

  constructor(scope: Construct, id: string, props: DriftDetectionProps) {
    super(scope, id);
    const { registry, data, captures, architecture } = props;
    const environment = {
      ...registry.environment,
      TRIMTAB_DATA_BUCKET: data.bucketName,
      TRIMTAB_CAPTURES_BUCKET: captures.bucketName,
    };
    this.drift = new ScheduledFunction(this, 'Drift', { spec: drift, environment, architecture });
    this.groundTruth = new ScheduledFunction(this, 'GroundTruth', { spec: groundTruth, environment, architecture });
    for (const fn of [this.drift, this.groundTruth]) {
      registry.grantReadLedger(fn);
      allow(fn, ['s3:GetObject'], [captures.arnForObjects('captures/*')]);
      // To look into the hours of captures, and to learn that an object is not there.
      allow(fn, ['s3:ListBucket'], [captures.bucketArn, data.bucketArn]);
    }
    allow(this.drift, ['s3:GetObject'], [registry.artifacts.arnForObjects('baselines/*')]);
    allow(
      this.drift,
      ['s3:PutObject'],
      ['reports/drift/*', 'drift/*'].map((key) => data.arnForObjects(key)),
    );
    allow(this.drift, ['s3:GetObject'], [data.arnForObjects('drift/*')]);
    allow(this.drift, ['events:PutEvents'], [defaultBus(this)]);
    allow(this.groundTruth, ['s3:GetObject', 's3:PutObject'], [data.arnForObjects('ground-truth/*')]);
    allow(
      this.groundTruth,
      ['s3:DeleteObject'],
      ['ground-truth/incoming/*', 'ground-truth/waiting/*'].map((key) => data.arnForObjects(key)),
    );
    allow(this.groundTruth, ['s3:PutObject'], [data.arnForObjects('quarantine/ground-truth/*')]);
  }
}
