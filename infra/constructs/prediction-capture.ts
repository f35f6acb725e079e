import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscriptionFilter, type LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { allow, allowKey } from './allow.ts';

/** From where to where captures are carried. */
export interface PredictionCaptureProps {
  /** Log group that the endpoint writes captures to, as lines. */
  readonly logs: LogGroup;
  /** Bucket that they land in, under `captures/YYYY/MM/DD/HH/`. */
  readonly bucket: IBucket;
  /** Customer-managed key of what is on its way. @default a key of AWS */
  readonly encryptionKey?: IKey;
}

/** Carries captured predictions from the endpoint's log to S3, at no cost to the request. */
export class PredictionCapture extends Construct {
  constructor(scope: Construct, id: string, { logs, bucket, encryptionKey }: PredictionCaptureProps) {
    super(scope, id);
    const deliver = new Role(this, 'DeliveryRole', { assumedBy: new ServicePrincipal('firehose.amazonaws.com') });
    allow(deliver, ['s3:PutObject', 's3:AbortMultipartUpload'], [bucket.arnForObjects('*')]);
    allow(deliver, ['s3:ListBucket', 's3:GetBucketLocation'], [bucket.bucketArn]);
    allowKey(deliver, bucket.encryptionKey, 's3', 'write');
    const stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: encryptionKey
        ? { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: encryptionKey.keyArn }
        : { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: deliver.roleArn,
        prefix: 'captures/!{timestamp:yyyy/MM/dd/HH}/',
        errorOutputPrefix: 'failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/',
        bufferingHints: { intervalInSeconds: 60, sizeInMBs: 5 },
        // What the log service sends is compressed already.
        compressionFormat: 'UNCOMPRESSED',
      },
    });
    stream.node.addDependency(deliver);
    const subscribe = new Role(this, 'SubscriptionRole', {
      assumedBy: new ServicePrincipal('logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    allow(subscribe, ['firehose:PutRecord', 'firehose:PutRecordBatch'], [stream.attrArn]);
    const filter = new CfnSubscriptionFilter(this, 'Subscription', {
      logGroupName: logs.logGroupName,
      filterPattern: '{ $.trimtab = "capture" }',
      destinationArn: stream.attrArn,
      roleArn: subscribe.roleArn,
    });
    filter.node.addDependency(subscribe);
  }
}
