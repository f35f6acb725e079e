import { Stack, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { isOfChina, NOT_IN_CHINA } from '../../core/model/region.ts';
import { keyBehind } from './key-behind.ts';

/**
 * Grants exactly these actions on exactly these resources, or says why it cannot. The permissions of all roles, with reasons, are listed in
 * infra/permissions/list.ts, and a test compares the templates with that list.
 *
 * @throws Error for a principal that has no policies, or is of another account
 */
export function allowActions(grantee: IGrantable, actions: string[], resources: string[]): Grant {
  const { grantPrincipal } = grantee;
  const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: resources });
  // Nobody looks at that, and a role of another account succeeds in the CDK's eyes.
  if (!grant.success)
    throw new Error(`${actions[0]} and such can be granted to a role, user or group, and not to ${grantPrincipal}`);
  if (Construct.isConstruct(grantPrincipal)) mustBeOfAccount(grantPrincipal, grantPrincipal.principalAccount);
  return grant;
}

/** @throws Error for a principal of another account than that of the stack which it is in */
function mustBeOfAccount(principal: Construct, account: string | undefined): void {
  const own = Stack.of(principal).account;
  if (account === undefined || account === own || Token.isUnresolved(account) || Token.isUnresolved(own)) return;
  throw new Error(
    `nothing can be granted to ${principal.node.path}, which is of account ${account}: its policies are made there, and this is ${own}; grant it to a role of this account that the other may assume`,
  );
}

/** Actions on a key that reading and writing through a service need: reading decrypts, writing creates data keys. */
const USES = {
  s3: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  sqs: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  sns: { read: ['kms:Decrypt'], write: ['kms:Decrypt', 'kms:GenerateDataKey'] },
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

/**
 * Grants the use of a key through one service only. Does nothing without a key.
 *
 * @throws Error for an alias whose key is not known, and in a region of China, where the service would have another name
 */
export function allowKey(
  grantee: IGrantable,
  given: IKey | undefined,
  service: keyof typeof USES,
  use: 'read' | 'write',
): void {
  const key = keyBehind(given);
  if (key === undefined) return;
  const { region } = Stack.of(key);
  if (isOfChina(region)) throw new Error(`${key.node.path}: ${NOT_IN_CHINA}, received '${region}'`);
  Grant.addToPrincipal({
    grantee,
    actions: [...USES[service][use]],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
  });
}
