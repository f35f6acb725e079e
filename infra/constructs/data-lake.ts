import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

/** The stores of data. */
export interface IDataLake {
  /** Drops, dataset versions, quarantine, reports and ground truth. */
  readonly data: IBucket;
  /** Captured predictions. */
  readonly captures: IBucket;
  /** Environment that a function needs to find them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What an existing data lake is known by. */
export interface DataLakeAttributes {
  /** Name of the bucket of data; it must tell EventBridge of its objects. */
  readonly dataBucketName: string;
  /** Name of the bucket of captured predictions. */
  readonly capturesBucketName: string;
  /** Customer-managed key of the stores. @default keys of S3 */
  readonly encryptionKey?: IKey;
}

/** How a data lake is kept. */
export interface DataLakeProps {
  /** Bucket for access logs of the stores. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of the stores. @default keys of S3 */
  readonly encryptionKey?: IKey;
  /** How long captured predictions are kept. @default Duration.days(90) */
  readonly captureRetention?: Duration;
  /** How long quarantined rows are kept. @default Duration.days(365) */
  readonly quarantineRetention?: Duration;
}

/** The stores of data: drops, dataset versions, quarantine and reports; and captured predictions. */
export class DataLake extends Construct implements IDataLake {
  /** A data lake that another app has made: its stores are named by that app's outputs. */
  static fromAttributes(scope: Construct, id: string, attributes: DataLakeAttributes): IDataLake {
    const parts = new Construct(scope, id);
    const { encryptionKey } = attributes;
    const store = (name: string, bucketName: string): IBucket =>
      Bucket.fromBucketAttributes(parts, name, { bucketName, encryptionKey });
    return {
      data: store('Data', attributes.dataBucketName),
      captures: store('Captures', attributes.capturesBucketName),
      environment: environmentOf(attributes.dataBucketName, attributes.capturesBucketName),
    };
  }

  /** Drops, dataset versions, quarantine, reports and ground truth. */
  readonly data: EncryptedBucket;
  /** Captured predictions. */
  readonly captures: EncryptedBucket;

  constructor(scope: Construct, id: string, props: DataLakeProps = {}) {
    super(scope, id);
    this.data = new EncryptedBucket(this, 'Data', {
      versioned: true,
      accessLogs: props.accessLogs,
      encryptionKey: props.encryptionKey,
      events: true,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30) },
        { prefix: 'quarantine/', expiration: props.quarantineRetention ?? Duration.days(365) },
      ],
    });
    this.captures = new EncryptedBucket(this, 'Captures', {
      accessLogs: props.accessLogs,
      encryptionKey: props.encryptionKey,
      lifecycleRules: [{ expiration: props.captureRetention ?? Duration.days(90) }],
    });
  }

  /** Environment that a function needs to find them. */
  get environment(): Record<string, string> {
    return environmentOf(this.data.bucketName, this.captures.bucketName);
  }
}

const environmentOf = (data: string, captures: string): Record<string, string> => ({
  TRIMTAB_DATA_BUCKET: data,
  TRIMTAB_CAPTURES_BUCKET: captures,
});
