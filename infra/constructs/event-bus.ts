import { Stack } from 'aws-cdk-lib';
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

/** Environment variables by which a function finds the bus. */
export const busEnvironment = (bus: IEventBus | undefined): Record<string, string> =>
  bus === undefined ? {} : { TRIMTAB_BUS: bus.eventBusName };
