import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

/** The stores of data, created here or imported. */
export interface IDataLake {
  /** Drops, dataset versions, quarantine, reports and ground truth. */
  readonly data: IBucket;
  /** Captured predictions. */
  readonly captures: IBucket;
  /** Environment variables by which a function finds the stores. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Names of an existing data lake. */
export interface DataLakeAttributes {
  /** Name of the bucket of data; it must send its events to EventBridge. */
  readonly dataBucketName: string;
  /** Name of the bucket of captured predictions. */
  readonly capturesBucketName: string;
  /** Customer-managed key of the stores. @default keys of S3 */
  readonly encryptionKey?: IKey;
}

/** Props of {@link DataLake}. */
export interface DataLakeProps {
  /** Bucket for access logs of the stores. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of the stores. @default keys of S3 */
  readonly encryptionKey?: IKey;
  /** How long captured predictions are kept. @default Duration.days(90) */
  readonly captureRetention?: Duration;
  /** How long quarantined rows are kept. @default Duration.days(365) */
  readonly quarantineRetention?: Duration;
  /** Delete the stores with all that is in them when their stack is deleted. @default false: they are retained */
  readonly disposable?: boolean;
}

/**
 * The stores of data: a bucket of drops, dataset versions, quarantine and reports, and one of captured predictions.
 *
 * @example
 * ```ts
 * import { Duration } from 'aws-cdk-lib';
 * import { DataLake, ModelEndpoint } from 'trimtab';
 *
 * const lake = new DataLake(stack, 'Lake', { captureRetention: Duration.days(30) });
 * new ModelEndpoint(stack, 'Endpoint', { lake });
 * ```
 */
export class DataLake extends Construct implements IDataLake {
  /** Imports a data lake of another app, by the names that are outputs of its stack. */
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
      disposable: props.disposable,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30) },
        { prefix: 'quarantine/', expiration: props.quarantineRetention ?? Duration.days(365) },
      ],
    });
    this.captures = new EncryptedBucket(this, 'Captures', {
      accessLogs: props.accessLogs,
      encryptionKey: props.encryptionKey,
      disposable: props.disposable,
      lifecycleRules: [{ expiration: props.captureRetention ?? Duration.days(90) }],
    });
  }

  /** Environment variables by which a function finds the stores. */
  get environment(): Record<string, string> {
    return environmentOf(this.data.bucketName, this.captures.bucketName);
  }
}

const environmentOf = (data: string, captures: string): Record<string, string> => ({
  TRIMTAB_DATA_BUCKET: data,
  TRIMTAB_CAPTURES_BUCKET: captures,
});
