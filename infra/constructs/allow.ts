import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * One hand-written statement: exactly these actions on exactly these resources. What every role may do in the end,
 * and why, is listed in infra/permissions.ts, and a test holds the templates against that list.
 */
export function allowActions(grantee: IGrantable, actions: string[], resources: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: resources });
}

/** What a role does with a key, through a service: what it reads is decrypted, what it writes needs a data key. */
const USES = {
  s3: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  sqs: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  secretsmanager: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  dynamodb: {
    read: ['kms:Decrypt', 'kms:DescribeKey'],
    write: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
  },
} as const;

/** Lets somebody use the key of what is kept in a service, through that service only. Does nothing without a key. */
export function allowKey(
  grantee: IGrantable,
  key: IKey | undefined,
  service: keyof typeof USES,
  use: 'read' | 'write',
): void {
  if (key === undefined) return;
  Grant.addToPrincipal({
    grantee,
    actions: [...USES[service][use]],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } },
  });
}
