import { Annotations, CfnResource, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';

/** What a warning is acknowledged by: `Annotations.of(construct).acknowledgeWarning('trimtab:bucket-events')`. */
const WARNING = 'trimtab:bucket-events';

/**
 * Warns about a bucket that does not send its events to EventBridge, or of which that cannot be seen here. It is looked at
 * when the app is synthesized: until then it can still be told to.
 */
export function warnOfSilentBucket(scope: Construct, bucket: IBucket): void {
  scope.node.addValidation({
    validate() {
      if (!isHeard(bucket)) warn(scope, bucket);
      return [];
    },
  });
}

function warn(scope: Construct, bucket: IBucket): void {
  const what = `the bucket ${bucket.node.path} has to send its events to EventBridge, or no file is ever validated`;
  Annotations.of(scope).addWarningV2(
    WARNING,
    CfnResource.isCfnResource(bucket.node.defaultChild)
      ? `${what}: it does not, so give it eventBridgeEnabled`
      : `${what}: it is imported, so that cannot be seen here; aws s3api get-bucket-notification-configuration shows EventBridgeConfiguration where it does`,
  );
}

/**
 * Whether the bucket itself says so, or the custom resource below it that CDK's own bucket sets notifications by, those to
 * functions, queues and topics as well.
 */
const isHeard = (bucket: IBucket): boolean =>
  [bucket.node.defaultChild, bucket.node.tryFindChild('Notifications')?.node.defaultChild].some(tellsEventBridge);

/** Reads what is written into the template, with overrides. */
function tellsEventBridge(construct: IConstruct | undefined): boolean {
  if (!CfnResource.isCfnResource(construct)) return false;
  // A method of every element of a template, which the CDK's types leave out.
  const { _toCloudFormation } = construct as CfnResource & { _toCloudFormation(): object };
  const { Resources }: { Resources: Record<string, Rendered> } = Stack.of(construct).resolve(
    _toCloudFormation.call(construct),
  );
  return Object.values(Resources).some(({ Properties }) => {
    const told = Properties?.NotificationConfiguration?.EventBridgeConfiguration;
    return told !== undefined && told.EventBridgeEnabled !== false;
  });
}

interface Rendered {
  readonly Properties?: {
    readonly NotificationConfiguration?: {
      readonly EventBridgeConfiguration?: { readonly EventBridgeEnabled?: boolean };
    };
  };
}
