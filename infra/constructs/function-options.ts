import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Tracing } from 'aws-cdk-lib/aws-lambda';
import { allowActions } from './allow.ts';

/** Where functions run, and what is recorded of their runs. */
export interface FunctionOptions {
  /**
   * Network of the functions, which has to let them reach what docs/deploy.md lists.
   * @default they are in no network of yours
   */
  readonly vpc?: IVpc;
  /** Subnets of the network. @default its private ones */
  readonly vpcSubnets?: SubnetSelection;
  /** Security groups of the functions in it. @default a new one for each function, which lets everything out */
  readonly securityGroups?: ISecurityGroup[];
  /** Whether Lambda sends traces to X-Ray. @default it does not */
  readonly tracing?: Tracing;
}

/** The options alone, of props that have more. */
export const functionOptions = ({ vpc, vpcSubnets, securityGroups, tracing }: FunctionOptions): FunctionOptions => ({
  vpc,
  vpcSubnets,
  securityGroups,
  tracing,
});

/** What Lambda does with a function's role to put it into a network; none of it can be limited to a network. */
export const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** Lets Lambda put a function into a network by its role, and denies the same to the function's code. */
export function allowNetwork(role: Role): void {
  allowActions(role, INTERFACES, ['*']);
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: INTERFACES,
      resources: ['*'],
      // There only when the function itself calls.
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  );
}
