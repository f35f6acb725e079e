import { Annotations, CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

/** What a warning is acknowledged by: `Annotations.of(construct).acknowledgeWarning('trimtab:bucket-events')`. */
const WARNING = 'trimtab:bucket-events';

/** Warns about a bucket that does not send its events to EventBridge, or of which that cannot be seen here. */
export function warnOfSilentBucket(scope: Construct, bucket: IBucket): void {
  if (isHeard(bucket)) return;
  const what = `the bucket ${bucket.node.path} has to send its events to EventBridge, or no file is ever validated`;
  const resource = bucket.node.defaultChild;
  Annotations.of(scope).addWarningV2(
    WARNING,
    CfnResource.isCfnResource(resource)
      ? `${what}: it does not, so give it eventBridgeEnabled`
      : `${what}: it is imported, so that cannot be seen here; aws s3api get-bucket-notification-configuration shows EventBridgeConfiguration where it does`,
  );
}

function isHeard(bucket: IBucket): boolean {
  if (bucket instanceof EncryptedBucket) return bucket.events;
  const resource = bucket.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) return false;
  const { notificationConfiguration } = resource as CfnBucket;
  const said = Stack.of(bucket).resolve(notificationConfiguration)?.eventBridgeConfiguration?.eventBridgeEnabled;
  return said === true || isToldByCdk(bucket);
}

/** The property `eventBridgeEnabled` of CDK's own bucket makes a custom resource below it. */
const isToldByCdk = (bucket: IConstruct): boolean => bucket.node.tryFindChild('Notifications') !== undefined;
