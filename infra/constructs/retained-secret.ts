import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { allowActions, allowKey } from './allow.ts';
import { keyBehind } from './key-behind.ts';

/** A secret that is generated and kept: without it, what was sealed under it could not be read again. */
export interface RetainedSecretOptions {
  readonly description: string;
  readonly encryptionKey: IKey | undefined;
}

export function retainedSecret(scope: Construct, { description, encryptionKey }: RetainedSecretOptions): Secret {
  const secret = new Secret(scope, 'Secret', {
    description,
    // 64 letters and digits: some 380 bits.
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    // By its ARN alone, or the CDK would write statements of its own into the key's policy.
    encryptionKey: encryptionKey && Key.fromKeyArn(scope, 'Key', keyBehind(encryptionKey).keyArn),
    removalPolicy: RemovalPolicy.RETAIN,
  });
  acknowledge(
    secret,
    'AwsSolutions-SMG4',
    'another secret would give every subject another pseudonym, and what was sealed could not be read again',
  );
  return secret;
}

/** Grants reading a secret. */
export function allowSecret(grantee: IGrantable, secret: Secret, encryptionKey: IKey | undefined): void {
  allowActions(grantee, ['secretsmanager:GetSecretValue'], [secret.secretArn]);
  allowKey(grantee, encryptionKey, 'secretsmanager', 'read');
}
