import { DefaultStackSynthesizer, Duration, Fn, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, type Conditions, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

/** Props of {@link WriteOnceBucket}. */
export interface WriteOnceBucketProps {
  /** Bucket for access logs. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of the objects. @default keys of S3 */
  readonly encryptionKey?: IKey;
  /** Delete the bucket with all its objects when its stack is deleted. @default false: it is retained */
  readonly disposable?: boolean;
  /** How long S3 refuses to delete an object (Object Lock, governance mode). @default Duration.days(365) */
  readonly retention?: Duration;
}

/**
 * A bucket whose objects are written once and never change. Its policy denies everybody to delete objects, and to write
 * them without the condition that there is none under that key (`if-none-match`). The policy itself can be changed only by
 * a deployment or by the account's root user.
 *
 * @example
 * ```ts
 * import { Duration } from 'aws-cdk-lib';
 * import { WriteOnceBucket } from 'trimtab';
 *
 * new WriteOnceBucket(stack, 'Audit', { retention: Duration.days(3650) });
 * ```
 */
export class WriteOnceBucket extends EncryptedBucket {
  constructor(scope: Construct, id: string, props: WriteOnceBucketProps = {}) {
    super(scope, id, {
      ...props,
      versioned: true,
      ...(props.disposable
        ? {}
        : { objectLock: ObjectLockRetention.governance(props.retention ?? Duration.days(365)) }),
    });
    const objects = this.arnForObjects('*');
    // Uploads in parts and copies carry no such header when they begin, so they are refused as well.
    this.deny('WriteOnce', ['s3:PutObject'], objects, { Null: { 's3:if-none-match': 'true' } });
    // What is thrown away with its stack is only written once.
    if (props.disposable) return;
    this.deny(
      'NeverRemove',
      [
        's3:BypassGovernanceRetention',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        // Replication from elsewhere writes and deletes past all conditions.
        's3:ReplicateDelete',
        's3:ReplicateObject',
      ],
      objects,
    );
    this.deny(
      'ChangedByDeploymentOnly',
      [
        's3:DeleteBucket',
        's3:DeleteBucketPolicy',
        's3:PutBucketObjectLockConfiguration',
        's3:PutBucketPolicy',
        's3:PutBucketVersioning',
        's3:PutLifecycleConfiguration',
      ],
      this.bucketArn,
      unlessDeployed(this),
    );
  }

  private deny(sid: string, actions: string[], resource: string, conditions?: Conditions): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: [resource],
        conditions,
      }),
    );
  }
}

/** Conditions that hold for all requests except those of CloudFormation, whatever its role, and of the account's root user. */
function unlessDeployed(scope: Construct): Conditions {
  const { account, partition, synthesizer } = Stack.of(scope);
  const deployers = [`arn:${partition}:iam::${account}:root`];
  if (synthesizer instanceof DefaultStackSynthesizer)
    deployers.push(Fn.sub(synthesizer.cloudFormationExecutionRoleArn));
  return {
    ArnNotLike: { 'aws:PrincipalArn': deployers },
    'ForAllValues:StringNotEquals': { 'aws:CalledVia': ['cloudformation.amazonaws.com'] },
  };
}
