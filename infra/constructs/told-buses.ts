import { Stack, Token } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { sharedPlace } from './shared-place.ts';

interface Told {
  readonly judge: Construct & { readonly environmentName: string };
  readonly bus: string;
}

/** Judges of each app, and the buses that they tell. */
const TOLD = new WeakMap<Construct, Told[]>();

/** Name of a bus; of the account's default one without any. */
const busName = (bus: IEventBus | undefined): string => bus?.eventBusName ?? 'default';

/** Notes which bus a judge tells what it asks. */
export function tells(judge: Told['judge'], eventBus: IEventBus | undefined): void {
  const root = judge.node.root as Construct;
  TOLD.set(root, [...(TOLD.get(root) ?? []), { judge, bus: busName(eventBus) }]);
}

/** What is wrong when a rule of an environment listens to another bus than its judges in the app tell. */
export function unheardJudges(rule: Construct, environmentName: string, eventBus: IEventBus | undefined): string[] {
  const heard = busName(eventBus);
  return (TOLD.get(rule.node.root as Construct) ?? [])
    .filter(({ judge }) => judge.environmentName === environmentName)
    .filter(({ judge }) => sharedPlace(Stack.of(judge), Stack.of(rule)) !== 'apart')
    .filter(({ bus }) => bus !== heard && !mayBeOneBus(bus, heard))
    .map(
      ({ judge, bus }) =>
        `OnCall.hear listens for environment ${environmentName} to ${said(heard)}, and ${judge.node.path} tells ${said(bus)}: nobody would be told what it asks; give both the same eventBus`,
    );
}

/** Of a name that only the deployment knows, another may be the same, but for that of the default bus. */
const mayBeOneBus = (...names: readonly string[]): boolean =>
  names.some((name) => Token.isUnresolved(name)) &&
  names.some((name) => !Token.isUnresolved(name) && name !== 'default');

const said = (bus: string): string => (Token.isUnresolved(bus) ? 'a bus that is made here' : `the bus '${bus}'`);
