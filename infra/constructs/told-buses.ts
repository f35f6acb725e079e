import { Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { NotedByApp, sameResource } from './same-resource.ts';
import { sharedPlace } from './shared-place.ts';

interface Told {
  readonly judge: Construct & { readonly environmentName: string };
  readonly bus: IEventBus | undefined;
}

/** Judges, and the buses that they tell. */
const TOLD = new NotedByApp<Told>();

/** Notes which bus a judge tells what it asks. */
export const tells = (judge: Told['judge'], bus: IEventBus | undefined): void => TOLD.add(judge, { judge, bus });

/** What is wrong when a rule of an environment listens to another bus than its judges in the app tell. */
export const unheardJudges = (rule: Construct, environmentName: string, heard: IEventBus | undefined): string[] =>
  TOLD.of(rule)
    .filter(({ judge }) => judge.environmentName === environmentName)
    .filter(({ judge }) => sharedPlace(Stack.of(judge), Stack.of(rule)) !== 'apart')
    .filter(({ bus }) => sameBus(bus, heard) === false)
    .map(
      ({ judge, bus }) =>
        `OnCall.hear listens for environment ${environmentName} to ${said(heard)}, and ${judge.node.path} tells ${said(bus)}: nobody would be told what it asks; give both the same eventBus`,
    );

/** The account's default bus is undefined; nothing that has another name is it, nor what is made here. */
function sameBus(one: IEventBus | undefined, other: IEventBus | undefined): boolean | undefined {
  if (one !== undefined && other !== undefined)
    return sameResource({ resource: one, name: one.eventBusName }, { resource: other, name: other.eventBusName });
  const named = one ?? other;
  return named === undefined || isDefault(named);
}

const isDefault = ({ eventBusName }: IEventBus): boolean => eventBusName === 'default';

const said = (bus: IEventBus | undefined): string =>
  bus === undefined ? 'the default bus' : `the bus ${bus.node.path}`;
