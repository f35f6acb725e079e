import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { drift } from '../../functions/drift/trigger.ts';
import { groundTruth } from '../../functions/ground-truth/trigger.ts';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';
import { allowEvents, busEnvironment } from './event-bus.ts';
import { type FunctionOptions, functionOptions } from './function-options.ts';
import type { ILabelsSecret } from './labels-secret.ts';
import type { IModelRegistry } from './model-registry.ts';
import { belongTogether } from './registry-and-lake.ts';
import { type IScheduledFunction, ScheduledFunction } from './scheduled-function.ts';

/** The detection of drift, as others need it. */
export interface IDriftDetection extends IConstruct {
  /** Compares captured traffic with the baselines. */
  readonly drift: IScheduledFunction;
  /** Joins ground truth with predictions. */
  readonly groundTruth: IScheduledFunction;
}

/** Props of {@link DriftDetection}. */
export interface DriftDetectionProps extends FunctionOptions {
  /** The registry of the releases and their baselines. */
  readonly registry: IModelRegistry;
  /** The stores of captured predictions, of reports and of ground truth. */
  readonly lake: IDataLake;
  /** Secret of personal labels, whose truths are kept encrypted. @default such truths are not joined */
  readonly labels?: ILabelsSecret;
  /** Bus that is told of drift; those of S3 and of alarms come by the account's default one. @default the default bus */
  readonly eventBus?: IEventBus;
  /** Customer-managed key of dead letters, logs and environments. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the functions and their layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
}

/**
 * Detects drift of captured traffic against the baselines, and joins ground truth with predictions to measure how often
 * models are wrong. Both run on a schedule.
 *
 * @example
 * ```ts
 * import { DriftDetection } from 'trimtab';
 *
 * const { registry, lake } = endpoint;
 * new DriftDetection(stack, 'Drift', { registry, lake });
 * ```
 */
export class DriftDetection extends Construct implements IDriftDetection {
  /** Compares captured traffic with the baselines. */
  readonly drift: ScheduledFunction;
  /** Joins ground truth with predictions. */
  readonly groundTruth: ScheduledFunction;

  constructor(scope: Construct, id: string, props: DriftDetectionProps) {
    super(scope, id);
    const { registry, lake, architecture, encryptionKey } = props;
    const { data, captures } = lake;
    const environment = { ...registry.environment, ...lake.environment };
    belongTogether(this, registry, lake);
    const options = functionOptions(props);
    this.drift = new ScheduledFunction(this, 'Drift', {
      ...options,
      spec: drift,
      environment: { ...environment, ...busEnvironment(this, props.eventBus) },
      architecture,
      encryptionKey,
    });
    this.groundTruth = new ScheduledFunction(this, 'GroundTruth', {
      ...options,
      spec: groundTruth,
      environment: { ...environment, ...props.labels?.environment },
      architecture,
      encryptionKey,
    });
    for (const fn of [this.drift, this.groundTruth]) {
      registry.grantReadLedger(fn);
      allowKey(fn, data.encryptionKey, 's3', 'write');
      allowKey(fn, captures.encryptionKey, 's3', 'read');
      allowActions(fn, ['s3:GetObject'], [captures.arnForObjects('captures/*')]);
      // To look into the hours of captures, and to learn that an object is not there.
      allowActions(fn, ['s3:ListBucket'], [captures.bucketArn, data.bucketArn]);
      allowActions(fn, ['s3:GetObject'], [registry.artifacts.arnForObjects('baselines/*')]);
      allowKey(fn, registry.artifacts.encryptionKey, 's3', 'read');
    }
    allowActions(
      this.drift,
      ['s3:PutObject'],
      ['reports/drift/*', 'reports/entries/*', 'reports/index.html', 'drift/*'].map((key) => data.arnForObjects(key)),
    );
    allowActions(
      this.drift,
      ['s3:GetObject'],
      ['drift/*', 'reports/index.html'].map((key) => data.arnForObjects(key)),
    );
    allowEvents(this.drift, this, props.eventBus);
    // Not the privacy secret: it would open what is encrypted in the captures that are read here.
    props.labels?.grantRead(this.groundTruth);
    allowActions(
      this.groundTruth,
      ['s3:GetObject', 's3:PutObject'],
      ['ground-truth/*', 'quality/*'].map((key) => data.arnForObjects(key)),
    );
    allowActions(
      this.groundTruth,
      ['s3:DeleteObject'],
      ['incoming', 'progress', 'waiting', 'stale'].map((place) => data.arnForObjects(`ground-truth/${place}/*`)),
    );
    allowActions(this.groundTruth, ['s3:PutObject'], [data.arnForObjects('quarantine/ground-truth/*')]);
  }
}
