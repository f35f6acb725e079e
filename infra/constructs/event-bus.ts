import { Stack, Token } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { allowActions } from './allow.ts';

/** ARN of a bus, the account's default one where none is given. */
const arnOf = (scope: Construct, bus: IEventBus | undefined): string =>
  bus?.eventBusArn ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });

/** Grants telling the bus of Trimtab's own events. */
export function allowEvents(grantee: IGrantable, scope: Construct, bus: IEventBus | undefined): void {
  allowActions(grantee, ['events:PutEvents'], [arnOf(scope, bus)]);
}

/**
 * Environment variables by which a function finds the bus: its name, or, of one of another account, its ARN, for the name
 * would be that of a bus of one's own.
 *
 * @throws Error for a bus of another region, to which no function can put events
 */
export function busEnvironment(scope: Construct, bus: IEventBus | undefined): Record<string, string> {
  if (bus === undefined) return {};
  const { account, region } = Stack.of(scope);
  if (known(region, bus.env.region) && region !== bus.env.region)
    throw new Error(
      `${scope.node.path}: the bus ${bus.node.path} is of region ${bus.env.region}, and has to be of ${region}`,
    );
  return { TRIMTAB_BUS: account === bus.env.account ? bus.eventBusName : bus.eventBusArn };
}

/** @throws Error for a bus of another account: its rules are made there, and one made here would listen to a bus of that name here */
export function mustBeLocal(scope: Construct, bus: IEventBus | undefined): void {
  const { account } = Stack.of(scope);
  if (bus === undefined || !known(account, bus.env.account) || account === bus.env.account) return;
  throw new Error(
    `${scope.node.path}: the bus ${bus.node.path} is of account ${bus.env.account}, where its rules have to be made, and this is ${account}`,
  );
}

const known = (...values: readonly string[]): boolean => !values.some((value) => Token.isUnresolved(value));
