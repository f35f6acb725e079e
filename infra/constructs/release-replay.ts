import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { replay } from '../../functions/replay/trigger.ts';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';
import { type FunctionOptions, functionOptions } from './function-options.ts';
import { keptExecutions } from './kept-executions.ts';
import type { ILabelsSecret } from './labels-secret.ts';
import type { IModelRegistry } from './model-registry.ts';
import type { IPrivacySecret } from './privacy-secret.ts';
import { belongTogether } from './registry-and-lake.ts';
import { type IScheduledFunction, ScheduledFunction } from './scheduled-function.ts';

/** What asks young versions again, as others need it. */
export interface IReleaseReplay extends IConstruct {
  /** Asks again. */
  readonly replay: IScheduledFunction;
}

/** Props of {@link ReleaseReplay}. */
export interface ReleaseReplayProps extends FunctionOptions {
  /** The registry of the versions that are asked. */
  readonly registry: IModelRegistry;
  /** The stores of captured predictions, of ground truth and of what is counted. */
  readonly lake: IDataLake;
  /**
   * The secret that opens encrypted features, where a manifest lets them be opened to ask again (`privacy.replay`).
   * @default requests with encrypted features are not asked again
   */
  readonly privacy?: IPrivacySecret;
  /** The secret that opens truths of personal labels. @default such truths say nothing of what is asked again */
  readonly labels?: ILabelsSecret;
  /** Customer-managed key of dead letters, logs and environments. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Memory of the function, in MB: what the endpoint has, at least, for it opens the same models. @default 1769 */
  readonly memoryMb?: number;
  /** Temporary folder of the function (ephemeral storage), in MB: what the endpoint has, at least. @default 2048 */
  readonly temporaryMb?: number;
  /** Executions that are kept for the function, as for those of `RollbackController`; 0 to 1000, 0: none are. @default 2 */
  readonly reservedConcurrency?: number;
}

/**
 * Asks young versions, and those that they are held against, again about captured requests, on a schedule: what the judge
 * of releases rests on where failures, slow answers and wrong decisions may be nobody's fault.
 *
 * @example
 * ```ts
 * import { ReleaseReplay } from 'trimtab';
 *
 * const { registry, lake } = endpoint;
 * new ReleaseReplay(stack, 'Replays', { registry, lake });
 * ```
 */
export class ReleaseReplay extends Construct implements IReleaseReplay {
  /** Asks again. */
  readonly replay: ScheduledFunction;

  constructor(scope: Construct, id: string, props: ReleaseReplayProps) {
    super(scope, id);
    const { registry, lake, privacy, labels, architecture, encryptionKey, memoryMb, temporaryMb } = props;
    belongTogether(this, registry, lake);
    const { data, captures } = lake;
    this.replay = new ScheduledFunction(this, 'Replay', {
      ...functionOptions(props),
      spec: replay,
      environment: { ...registry.environment, ...lake.environment, ...privacy?.environment, ...labels?.environment },
      architecture,
      encryptionKey,
      memoryMb,
      temporaryMb,
      ...keptExecutions(this, props.reservedConcurrency),
    });
    registry.grantReadLedger(this.replay);
    allowActions(
      this.replay,
      ['s3:GetObject'],
      ['models/*', 'baselines/*'].map((key) => registry.artifacts.arnForObjects(key)),
    );
    allowActions(this.replay, ['s3:GetObject'], [captures.arnForObjects('captures/*')]);
    allowActions(this.replay, ['s3:GetObject'], [data.arnForObjects('ground-truth/joined/*')]);
    allowActions(this.replay, ['s3:GetObject', 's3:PutObject'], [data.arnForObjects('quality/*/replays/*')]);
    // To look into the hours of captures and of truths, and to learn that an object is not there.
    allowActions(this.replay, ['s3:ListBucket'], [captures.bucketArn, data.bucketArn, registry.artifacts.bucketArn]);
    allowKey(this.replay, registry.artifacts.encryptionKey, 's3', 'read');
    allowKey(this.replay, captures.encryptionKey, 's3', 'read');
    allowKey(this.replay, data.encryptionKey, 's3', 'write');
    privacy?.grantRead(this.replay);
    labels?.grantRead(this.replay);
  }
}
