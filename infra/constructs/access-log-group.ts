import { CfnDeletionPolicy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnLogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { keyBehind } from './key-behind.ts';
import { letIn } from './key-users.ts';

/**
 * A log group for the access logs of an HTTP API. `delivery.logs.amazonaws.com` writes them, which CloudWatch Logs lets in
 * by itself: with one policy for all groups under `/aws/vendedlogs/`, else with a part of one for each group, of which an
 * account has room for few in a region. So no stack brings a policy.
 */
export function accessLogGroup(scope: Construct, id: string, encryptionKey: IKey | undefined): LogGroup {
  letIn(scope, encryptionKey, 'logs');
  const group = new LogGroup(scope, id, {
    retention: RetentionDays.ONE_MONTH,
    encryptionKey: keyBehind(encryptionKey),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const resource = group.node.defaultChild as CfnLogGroup;
  const stack = Stack.of(scope);
  // No two stacks of an account and region have one name, no two resources of a stack one logical id.
  resource.logGroupName = `/aws/vendedlogs/trimtab/${stack.stackName}/${stack.getLogicalId(resource)}`;
  // What was logged under another name is kept as long as anything else is: a group that is replaced stays behind.
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  return group;
}
