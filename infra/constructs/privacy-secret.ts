import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';

/** How the secret of personal fields is kept. */
export interface PrivacySecretProps {
  /** Key that encrypts it. @default the account's own key of Secrets Manager */
  readonly encryptionKey?: IKey;
}

/**
 * The secret behind pseudonyms and envelopes of personal fields: generated, never shown, read by the functions that
 * keep personal fields and by whoever answers `trimtab forget`. What is sealed cannot be read without it, so it is
 * retained.
 */
export class PrivacySecret extends Construct {
  /** The secret itself. */
  readonly secret: Secret;
  /** Key that encrypts it. */
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

  /** Where it is, for a function's environment; never the secret itself. */
  get environment(): Record<string, string> {
    return { TRIMTAB_PRIVACY_SECRET: this.secret.secretArn };
  }

  /** Lets somebody read it, and nothing else of Secrets Manager. */
  grantRead(grantee: IGrantable): void {
    allowActions(grantee, ['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
    allowKey(grantee, this.encryptionKey, 'secretsmanager', 'read');
  }
}
