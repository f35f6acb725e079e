import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscriptionFilter, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CAPTURES } from '../../core/captures/capture-key.ts';
import { allowActions, allowKey } from './allow.ts';
import { keyBehind } from './key-behind.ts';
import { RunbookAlarm } from './runbook-alarm.ts';

/** Props of {@link PredictionCapture}. */
export interface PredictionCaptureProps {
  /** Log group to which the endpoint writes captures as lines. */
  readonly logs: ILogGroup;
  /** Bucket of the captures, which are stored under `captures/dt=YYYY-MM-DD/hour=HH/`. */
  readonly bucket: IBucket;
  /** Customer-managed key of captures in the delivery stream. @default a key of AWS */
  readonly encryptionKey?: IKey;
}

/** Age at which captures are late: they are delivered every minute, and ground truth waits two hours for its capture. */
const LATE = Duration.minutes(15);

/**
 * What makes lines of the envelopes of CloudWatch Logs, in the order that the service demands. A message that has a line
 * end of its own has an empty line behind it, which holds nothing.
 */
const LINES_OF_LOGS: CfnDeliveryStream.ProcessorProperty[] = [
  { type: 'Decompression', parameters: [{ parameterName: 'CompressionFormat', parameterValue: 'GZIP' }] },
  { type: 'CloudWatchLogProcessing', parameters: [{ parameterName: 'DataMessageExtraction', parameterValue: 'true' }] },
  { type: 'AppendDelimiterToRecord', parameters: [] },
];

/**
 * Delivers captured predictions from the log of the endpoint to S3, so that requests do not wait for the store. A
 * {@link ModelEndpoint} has one; this is for an endpoint whose captures go to a second bucket.
 *
 * @example
 * ```ts
 * import { EncryptedBucket, PredictionCapture } from 'trimtab';
 *
 * new PredictionCapture(stack, 'Copy', {
 *   logs: endpoint.function.logs,
 *   bucket: new EncryptedBucket(stack, 'Captures'),
 * });
 * ```
 */
export class PredictionCapture extends Construct {
  /** The delivery stream. */
  readonly stream: CfnDeliveryStream;

  constructor(scope: Construct, id: string, { logs, bucket, encryptionKey }: PredictionCaptureProps) {
    super(scope, id);
    const here = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const deliver = new Role(this, 'DeliveryRole', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', { conditions: here }),
    });
    allowActions(
      deliver,
      ['s3:PutObject', 's3:AbortMultipartUpload'],
      ['captures/*', 'failed/*'].map((key) => bucket.arnForObjects(key)),
    );
    allowActions(deliver, ['s3:ListBucket', 's3:GetBucketLocation'], [bucket.bucketArn]);
    allowKey(deliver, bucket.encryptionKey, 's3', 'write');
    const stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: encryptionKey
        ? { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: keyBehind(encryptionKey).keyArn }
        : { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: deliver.roleArn,
        prefix: `${CAPTURES}dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/`,
        errorOutputPrefix: 'failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/',
        bufferingHints: { intervalInSeconds: 60, sizeInMBs: 5 },
        // The log service sends envelopes, gzipped: what is stored are the captures themselves, as lines.
        processingConfiguration: { enabled: true, processors: LINES_OF_LOGS },
        compressionFormat: 'GZIP',
        // Whoever reads objects as a table tells by the name that they are gzipped.
        fileExtension: '.jsonl.gz',
      },
    });
    stream.node.addDependency(deliver);
    const subscribe = new Role(this, 'SubscriptionRole', {
      assumedBy: new ServicePrincipal('logs.amazonaws.com', {
        conditions: here,
      }),
    });
    allowActions(subscribe, ['firehose:PutRecord', 'firehose:PutRecordBatch'], [stream.attrArn]);
    const filter = new CfnSubscriptionFilter(this, 'Subscription', {
      logGroupName: logs.logGroupName,
      filterPattern: '{ $.trimtab = "capture" }',
      destinationArn: stream.attrArn,
      roleArn: subscribe.roleArn,
    });
    filter.node.addDependency(subscribe);
    this.stream = stream;
    new RunbookAlarm(this, 'Late', {
      metric: this.metricFreshness(),
      threshold: LATE.toSeconds(),
      evaluationPeriods: 3,
      says: 'captured predictions do not reach their store',
      runbook: 'captures-late.md',
    });
  }

  /** Age of the oldest capture that is not delivered yet, in seconds. */
  metricFreshness(options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/Firehose',
      metricName: 'DeliveryToS3.DataFreshness',
      dimensionsMap: { DeliveryStreamName: this.stream.ref },
      statistic: 'Maximum',
      period: Duration.minutes(5),
      ...options,
    });
  }
}
