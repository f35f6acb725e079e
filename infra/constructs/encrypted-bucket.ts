import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
  type ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keyBehind } from './key-behind.ts';

/** Props of {@link EncryptedBucket}. */
export interface EncryptedBucketProps {
  /** Keep all versions of an object. @default false */
  readonly versioned?: boolean;
  /** Send events of objects to EventBridge. @default false */
  readonly events?: boolean;
  /** Bucket for access logs. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of the objects. @default keys of S3 */
  readonly encryptionKey?: IKey;
  /** How long S3 refuses to delete an object; for versioned buckets only. @default objects can be deleted */
  readonly objectLock?: ObjectLockRetention;
  /** When objects are deleted; incomplete uploads always are. @default objects are never deleted */
  readonly lifecycleRules?: LifecycleRule[];
  /** Delete the bucket with all its objects when its stack is deleted. @default false: it is retained */
  readonly disposable?: boolean;
}

/**
 * A bucket with this library's defaults: encrypted, TLS only, without public access, retained.
 *
 * @example
 * ```ts
 * import { Duration } from 'aws-cdk-lib';
 * import { EncryptedBucket } from 'trimtab';
 *
 * new EncryptedBucket(stack, 'AccessLogs', { lifecycleRules: [{ expiration: Duration.days(365) }] });
 * ```
 */
export class EncryptedBucket extends Bucket {
  /** Whether events of objects are sent to EventBridge. */
  readonly events: boolean;

  constructor(scope: Construct, id: string, props: EncryptedBucketProps = {}) {
    super(scope, id, {
      ...(props.encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey: keyBehind(props.encryptionKey), bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: props.versioned ?? false,
      ...(props.objectLock ? { objectLockEnabled: true, objectLockDefaultRetention: props.objectLock } : {}),
      removalPolicy: props.disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      autoDeleteObjects: props.disposable ?? false,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }, ...(props.lifecycleRules ?? [])],
    });
    this.events = props.events ?? false;
    // Set directly: the property of the construct brings a custom resource along.
    if (props.events)
      (this.node.defaultChild as CfnBucket).addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration', {
        EventBridgeEnabled: true,
      });
    if (props.accessLogs) this.logAccesses(props.accessLogs, `${id}/`);
  }

  /** Sets the access log on the resource: what the property of the construct does depends on a feature flag of the app. */
  private logAccesses(logs: IBucket, prefix: string): void {
    if (logs.encryptionKey)
      Annotations.of(this).addWarningV2(
        'trimtab:access-logs-key',
        `S3 delivers access logs to buckets with keys of S3 only: those of ${this.node.path} get lost while ${logs.node.path} has a key of KMS`,
      );
    (this.node.defaultChild as CfnBucket).loggingConfiguration = {
      destinationBucketName: logs.bucketName,
      logFilePrefix: prefix,
    };
    logs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [logs.arnForObjects(`${prefix}*`)],
        conditions: {
          ArnLike: { 'aws:SourceArn': this.bucketArn },
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        },
      }),
    );
  }
}
