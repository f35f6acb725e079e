import { Duration } from 'aws-cdk-lib';
import { type IPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';
import type { ILabelsSecret } from './labels-secret.ts';
import type { IModelRegistry } from './model-registry.ts';
import type { IPrivacySecret } from './privacy-secret.ts';

/** Props of {@link ReplayRole}. */
export interface ReplayRoleProps {
  /** The registry of the versions that are asked. */
  readonly registry: IModelRegistry;
  /** The stores of captured predictions and of ground truth. */
  readonly lake: IDataLake;
  /** The secret that opens encrypted features. */
  readonly privacy: IPrivacySecret;
  /** The secret that opens truths of personal labels. */
  readonly labels: ILabelsSecret;
  /** Who may take the role on. */
  readonly assumedBy: IPrincipal;
}

/**
 * The one role that may read captures and the privacy secret both: whoever takes it on can ask versions again about captured
 * requests, encrypted features included where the manifest says so (`privacy.replay`). It writes nothing.
 *
 * @example
 * ```ts
 * import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
 * import { LabelsSecret, PrivacySecret, ReplayRole } from 'trimtab';
 *
 * const privacy = new PrivacySecret(stack, 'Privacy');
 * const labels = new LabelsSecret(stack, 'Labels');
 * const { registry, lake } = endpoint;
 * new ReplayRole(stack, 'Replay', {
 *   registry,
 *   lake,
 *   privacy,
 *   labels,
 *   assumedBy: new ArnPrincipal('arn:aws:iam::123456789012:role/model-reviewers'),
 * });
 * ```
 */
export class ReplayRole extends Role {
  constructor(scope: Construct, id: string, { registry, lake, privacy, labels, assumedBy }: ReplayRoleProps) {
    super(scope, id, {
      assumedBy,
      maxSessionDuration: Duration.hours(1),
      description: 'Trimtab: asks versions again about captured requests',
    });
    const { data, captures } = lake;
    registry.grantReadLedger(this);
    allowActions(
      this,
      ['s3:GetObject'],
      ['models/*', 'baselines/*'].map((key) => registry.artifacts.arnForObjects(key)),
    );
    allowActions(this, ['s3:GetObject'], [captures.arnForObjects('captures/*')]);
    allowActions(this, ['s3:GetObject'], [data.arnForObjects('ground-truth/joined/*')]);
    // To look into the hours of captures and of truths.
    allowActions(this, ['s3:ListBucket'], [captures.bucketArn, data.bucketArn]);
    for (const { encryptionKey } of [registry.artifacts, captures, data]) allowKey(this, encryptionKey, 's3', 'read');
    privacy.grantRead(this);
    labels.grantRead(this);
  }
}
