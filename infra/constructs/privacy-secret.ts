import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowSecret, retainedSecret } from './retained-secret.ts';

/** The secret of personal fields, as what reads it needs it. */
export interface IPrivacySecret {
  /** Tells it from the other secret: neither is taken for the other. */
  readonly purpose: 'privacy';
  /** Environment variables by which a function finds the secret; they do not contain it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Grants reading the secret. */
  grantRead(grantee: IGrantable): void;
}

/** Props of {@link PrivacySecret}. */
export interface PrivacySecretProps {
  /** Key that encrypts the secret. @default the account's own key of Secrets Manager */
  readonly encryptionKey?: IKey;
}

/**
 * The generated secret from which the keys for pseudonyms and encryption of personal fields are derived. Functions that
 * store personal fields read it, and so does whoever runs `trimtab forget`. It is retained, because without it encrypted
 * fields could not be read again.
 *
 * @example
 * ```ts
 * import { ModelEndpoint, PrivacySecret } from 'trimtab';
 *
 * const privacy = new PrivacySecret(stack, 'Privacy');
 * new ModelEndpoint(stack, 'Endpoint', { privacy });
 * ```
 */
export class PrivacySecret extends Construct implements IPrivacySecret {
  /** Tells it from {@link LabelsSecret}: neither is taken for the other. */
  readonly purpose = 'privacy';
  /** The secret itself. */
  readonly secret: Secret;
  /** Key that encrypts the secret. */
  readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { encryptionKey }: PrivacySecretProps = {}) {
    super(scope, id);
    this.encryptionKey = encryptionKey;
    this.secret = retainedSecret(this, {
      description: 'Trimtab: keys of pseudonyms and encryption of personal fields are derived from it',
      encryptionKey,
    });
  }

  /** Environment variables by which a function finds the secret; they do not contain it. */
  get environment(): Record<string, string> {
    return { TRIMTAB_PRIVACY_SECRET: this.secret.secretArn };
  }

  /** Grants reading the secret. */
  grantRead(grantee: IGrantable): void {
    allowSecret(grantee, this.secret, this.encryptionKey);
  }
}
