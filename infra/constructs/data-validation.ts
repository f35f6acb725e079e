import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { MAX_RECEIVE_COUNT, validate } from '../../functions/validate/trigger.ts';
import { datasetMetric } from '../metrics.ts';
import { validationProblems } from '../scaling/check.ts';
import { VALIDATION_CONCURRENCY } from '../scaling/config.ts';
import { mustScale } from '../scaling/must-scale.ts';
import { allowActions, allowKey } from './allow.ts';
import { warnOfSilentBucket } from './bucket-events.ts';
import { queueEncryption } from './data-key.ts';
import type { IDataLake } from './data-lake.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { allowEvents, busEnvironment } from './event-bus.ts';
import { type FunctionOptions, functionOptions } from './function-options.ts';
import { letIn } from './key-users.ts';
import type { IModelRegistry } from './model-registry.ts';
import type { IPrivacySecret } from './privacy-secret.ts';
import { belongTogether } from './registry-and-lake.ts';
import { RunbookAlarm } from './runbook-alarm.ts';
import { type ITrimtabFunction, TrimtabFunction } from './trimtab-function.ts';

/** The validation of data files, as others need it. */
export interface IDataValidation extends IConstruct {
  /** Validates one file at a time. */
  readonly function: ITrimtabFunction;
  /** Files that could not be processed. */
  readonly deadLetters: IQueue;
  /** Share of files that are rejected as a whole, 0 to 1: of one dataset, or of all. */
  metricRejected(dataset?: string, options?: MetricOptions): Metric;
  /** Rows that were accepted, of all datasets; by default the sum of five minutes. */
  metricRowsAccepted(options?: MetricOptions): Metric;
  /** Rows that were put into quarantine, of all datasets; by default the sum of five minutes. */
  metricRowsQuarantined(options?: MetricOptions): Metric;
  /** Files whose personal columns were left out; by default the sum of five minutes. */
  metricPrivacyFailures(options?: MetricOptions): Metric;
  /** Age of the oldest file that waits to be validated, in seconds; by default the maximum of five minutes. */
  metricOldestFileAge(options?: MetricOptions): Metric;
}

/** Props of {@link DataValidation}. */
export interface DataValidationProps extends FunctionOptions {
  /** The registry whose contracts are used. */
  readonly registry: IModelRegistry;
  /** The stores; files are put into that of data. */
  readonly lake: IDataLake;
  /** Secret of personal fields. @default columns to be hashed or encrypted are not stored */
  readonly privacy?: IPrivacySecret;
  /** Processor of the function and its layers. @default x64 */
  readonly architecture?: 'x64' | 'arm64';
  /** Bus that is told of files that were validated; those of S3 and of alarms come by the account's default one. @default the default bus */
  readonly eventBus?: IEventBus;
  /** Customer-managed key of queues, log and environment. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Memory of the function, in MB; at least 1536. @default 2048 */
  readonly memoryMb?: number;
  /** Temporary folder of the function (ephemeral storage), in MB; 512 to 10240. @default 10240 */
  readonly temporaryMb?: number;
  /** Reserved concurrency of the function. @default no limit of its own */
  readonly reservedConcurrency?: number;
  /** Files validated at once, 2 to 1000 and at most `reservedConcurrency`. @default 5 */
  readonly maxConcurrency?: number;
}

/** How long a file may wait; validating one takes at most five minutes. */
const BACKLOG = Duration.minutes(30);

/**
 * Validates every file that is put under `incoming/`. The event of the object goes through EventBridge and a queue to the
 * validation function; files that cannot be processed end in a dead-letter queue.
 *
 * @example
 * ```ts
 * import { DataValidation } from 'trimtab';
 *
 * const { registry, lake } = endpoint;
 * const validation = new DataValidation(stack, 'Validation', { registry, lake, maxConcurrency: 2 });
 * validation.metricRejected('flights').createAlarm(stack, 'FlightsRejected', { threshold: 1, evaluationPeriods: 1 });
 * ```
 */
export class DataValidation extends Construct implements IDataValidation {
  /** Validates one file at a time. */
  readonly function: TrimtabFunction;
  /** Name of the environment, a dimension of the metrics of data files. */
  readonly environmentName: string;
  /** Files that wait to be validated. */
  readonly queue: Queue;
  /** Files that could not be processed. */
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: DataValidationProps) {
    super(scope, id);
    const { registry, lake, encryptionKey, memoryMb, temporaryMb, reservedConcurrency } = props;
    const { maxConcurrency = VALIDATION_CONCURRENCY } = props;
    const { data } = lake;
    warnOfSilentBucket(this, data);
    this.environmentName = registry.environmentName;
    belongTogether(this, registry, lake);
    mustScale(this, validationProblems, { memoryMb, temporaryMb, reservedConcurrency, maxConcurrency });
    this.function = new TrimtabFunction(this, 'Function', {
      ...functionOptions(props),
      spec: validate,
      architecture: props.architecture,
      encryptionKey,
      memoryMb,
      temporaryMb,
      reservedConcurrency,
      environment: {
        ...registry.environment,
        ...lake.environment,
        ...props.privacy?.environment,
        ...busEnvironment(this, props.eventBus),
      },
    });
    registry.grantReadLedger(this.function);
    props.privacy?.grantRead(this.function);
    // Baselines, for the distributions; models are not its business.
    allowActions(this.function, ['s3:GetObject'], [registry.artifacts.arnForObjects('baselines/*')]);
    allowActions(this.function, ['s3:GetObject', 's3:GetObjectVersion'], [data.arnForObjects('incoming/*')]);
    allowActions(
      this.function,
      ['s3:GetObject'],
      ['contracts/*', 'datasets/*', 'drops/*', 'reports/validation/*', 'reports/index.html'].map((key) =>
        data.arnForObjects(key),
      ),
    );
    allowActions(
      this.function,
      ['s3:PutObject'],
      [
        'datasets/*',
        'drops/*',
        'quarantine/*',
        'reports/validation/*',
        'reports/entries/*',
        'reports/index.html',
        'dead-letter/validate/*',
      ].map((key) => data.arnForObjects(key)),
    );
    // A letter is written before the last try; when that succeeds after all, it is taken back.
    // Who erases rows waits for a verdict whose mark is there.
    allowActions(
      this.function,
      ['s3:DeleteObject'],
      ['dead-letter/validate/*', 'drops/*.verdict'].map((key) => data.arnForObjects(key)),
    );
    // Without it, S3 answers 403 rather than 404 for what is not there.
    allowActions(this.function, ['s3:ListBucket'], [data.bucketArn, registry.artifacts.bucketArn]);
    allowKey(this.function, data.encryptionKey, 's3', 'write');
    allowKey(this.function, registry.artifacts.encryptionKey, 's3', 'read');
    allowEvents(this.function, this, props.eventBus);

    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', { encryptionKey });
    letIn(this, encryptionKey, 'events');
    this.queue = new Queue(this, 'Drops', {
      ...queueEncryption(this, 'Drops', encryptionKey),
      enforceSSL: true,
      // Six times the function's time, as AWS advises for event sources.
      visibilityTimeout: Duration.seconds(6 * validate.timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    allowActions(
      this.function,
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      [this.queue.queueArn],
    );
    allowKey(this.function, encryptionKey, 'sqs', 'read');
    new EventSourceMapping(this, 'DropsToFunction', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      // One file an execution: several would share its time and its temporary folder.
      batchSize: 1,
      maxConcurrency,
      reportBatchItemFailures: true,
    }).node.addDependency(this.function.role!);
    for (const [i, trigger] of validate.triggers.entries()) {
      if (trigger.kind !== 'object-created') continue;
      new Rule(this, `Dropped${i}`, {
        description: `objects under ${trigger.prefix}`,
        eventPattern: {
          source: ['aws.s3'],
          detailType: ['Object Created'],
          detail: { bucket: { name: [data.bucketName] }, object: { key: [{ prefix: trigger.prefix }] } },
        },
        targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
      });
    }
    this.alarms();
  }

  private alarms(): void {
    new RunbookAlarm(this, 'Rejected', {
      metric: this.metricRejected(undefined, { period: Duration.minutes(5), statistic: 'Maximum' }),
      threshold: 1,
      says: 'a data file was rejected whole',
      runbook: 'files-rejected.md',
    });
    new RunbookAlarm(this, 'Backlog', {
      metric: this.metricOldestFileAge(),
      threshold: BACKLOG.toSeconds(),
      evaluationPeriods: 2,
      says: 'data files wait to be validated',
      runbook: 'validation-backlog.md',
    });
  }

  /** Share of files that are rejected as a whole, 0 to 1: of one dataset, or of all. */
  metricRejected(dataset?: string, options?: MetricOptions): Metric {
    const of = { environment: this.environmentName, dataset };
    return datasetMetric('FileRejected', of, { statistic: 'Average', period: Duration.hours(1), ...options });
  }

  /** Rows that were accepted, of all datasets; by default the sum of five minutes. */
  metricRowsAccepted(options?: MetricOptions): Metric {
    return datasetMetric('RowsAccepted', { environment: this.environmentName }, options);
  }

  /** Rows that were put into quarantine, of all datasets; by default the sum of five minutes. */
  metricRowsQuarantined(options?: MetricOptions): Metric {
    return datasetMetric('RowsQuarantined', { environment: this.environmentName }, options);
  }

  /** Files whose personal columns were left out, because the privacy secret could not be had; by default the sum of five minutes. */
  metricPrivacyFailures(options?: MetricOptions): Metric {
    return datasetMetric('PrivacyFailure', { environment: this.environmentName }, options);
  }

  /** Age of the oldest file that waits to be validated, in seconds; by default the maximum of five minutes. */
  metricOldestFileAge(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({
      period: Duration.minutes(5),
      statistic: 'Maximum',
      ...options,
    });
  }
}
