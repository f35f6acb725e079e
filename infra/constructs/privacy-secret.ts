import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';

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
export class PrivacySecret extends Construct {
  /** The secret itself. */
  readonly secret: Secret;
  /** Key that encrypts the secret. */
  readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: PrivacySecretProps = {}) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    this.secret = new Secret(this, 'Secret', {
      description: 'Trimtab: keys of pseudonyms and encryption of personal fields are derived from it',
      // 64 letters and digits: some 380 bits.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      // By its ARN alone, or the CDK would write statements of its own into the key's policy.
      encryptionKey: props.encryptionKey && Key.fromKeyArn(this, 'Key', props.encryptionKey.keyArn),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'another secret would give every subject another pseudonym, and what was sealed could not be read again',
    });
  }

  /** Environment variables by which a function finds the secret; they do not contain it. */
  get environment(): Record<string, string> {
    return { TRIMTAB_PRIVACY_SECRET: this.secret.secretArn };
  }

  /** Grants reading the secret. */
  grantRead(grantee: IGrantable): void {
    allowActions(grantee, ['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
    allowKey(grantee, this.encryptionKey, 'secretsmanager', 'read');
  }
}
