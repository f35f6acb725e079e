import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowSecret, retainedSecret } from './retained-secret.ts';

/** The secret of personal labels, as what reads it needs it. */
export interface ILabelsSecret {
  /** Tells it from the other secret: neither is taken for the other. */
  readonly purpose: 'labels';
  /** Environment variables by which a function finds the secret; they do not contain it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Grants reading the secret. */
  grantRead(grantee: IGrantable): void;
}

/** Props of {@link LabelsSecret}. */
export interface LabelsSecretProps {
  /** Key that encrypts the secret. @default the account's own key of Secrets Manager */
  readonly encryptionKey?: IKey;
}

/**
 * The generated secret that joined truths of personal labels are encrypted under. It is another one than the
 * {@link PrivacySecret} because the function that joins ground truth reads captures, and must not be able to open what
 * is encrypted in them. It is retained, because without it those truths could not be read again.
 *
 * @example
 * ```ts
 * import { DriftDetection, LabelsSecret } from 'trimtab';
 *
 * const { registry, lake } = endpoint;
 * new DriftDetection(stack, 'Drift', { registry, lake, labels: new LabelsSecret(stack, 'Labels') });
 * ```
 */
export class LabelsSecret extends Construct implements ILabelsSecret {
  /** Tells it from {@link PrivacySecret}: neither is taken for the other. */
  readonly purpose = 'labels';
  /** The secret itself. */
  readonly secret: Secret;
  /** Key that encrypts the secret. */
  readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { encryptionKey }: LabelsSecretProps = {}) {
    super(scope, id);
    this.encryptionKey = encryptionKey;
    this.secret = retainedSecret(this, {
      description: 'Trimtab: joined truths of personal labels are encrypted under keys derived from it',
      encryptionKey,
    });
  }

  /** Environment variables by which a function finds the secret; they do not contain it. */
  get environment(): Record<string, string> {
    return { TRIMTAB_LABELS_SECRET: this.secret.secretArn };
  }

  /** Grants reading the secret. */
  grantRead(grantee: IGrantable): void {
    allowSecret(grantee, this.secret, this.encryptionKey);
  }
}
