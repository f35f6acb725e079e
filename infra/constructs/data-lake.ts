import { Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

export interface DataLakeProps {
  /** Bucket for access logs of the stores. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** How long captured predictions are kept. @default Duration.days(90) */
  readonly captureRetention?: Duration;
  /** How long quarantined rows are kept. @default Duration.days(365) */
  readonly quarantineRetention?: Duration;
}

/** The stores of data: drops, dataset versions, quarantine and reports; and captured predictions. */
export class DataLake extends Construct {
  readonly data: EncryptedBucket;
  readonly captures: EncryptedBucket;

  constructor(scope: Construct, id: string, props: DataLakeProps = {}) {
    super(scope, id);
    this.data = new EncryptedBucket(this, 'Data', {
      versioned: true,
      accessLogs: props.accessLogs,
      events: true,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30) },
        { prefix: 'quarantine/', expiration: props.quarantineRetention ?? Duration.days(365) },
      ],
    });
    this.captures = new EncryptedBucket(this, 'Captures', {
      accessLogs: props.accessLogs,
      lifecycleRules: [{ expiration: props.captureRetention ?? Duration.days(90) }],
    });
  }

  get environment(): Record<string, string> {
    return { TRIMTAB_DATA_BUCKET: this.data.bucketName, TRIMTAB_CAPTURES_BUCKET: this.captures.bucketName };
  }
}
