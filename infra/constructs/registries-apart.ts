import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { IDataLake } from './data-lake.ts';
import { sharedPlace } from './shared-place.ts';

/** A registry as far as it can be taken for another. */
interface Named extends Construct {
  readonly environmentName: string;
  readonly table: { readonly tableName: string; readonly node: Construct['node'] };
}

/** Registries of each app, in the order in which they were made. */
const REGISTRIES = new WeakMap<Construct, Named[]>();

/**
 * Checks that no other registry of the app has the name of this one's environment in its account and region: metrics and
 * alarms go by that name, so that each would be judged by what the other's models do. Imports of one table are one registry.
 *
 * @throws Error when one has; where it is known only at deployment whether two stacks share an account and region, or
 *   two names are of one table, there is a warning
 */
export function keepApart(registry: Named): void {
  const root = registry.node.root as Construct;
  const others = REGISTRIES.get(root) ?? [];
  for (const other of others.filter(({ environmentName }) => environmentName === registry.environmentName)) {
    const place = sharedPlace(Stack.of(registry), Stack.of(other));
    if (place === 'apart' || other.table.tableName === registry.table.tableName) continue;
    const open = mayBeOne(other, registry);
    const message =
      `the registries ${other.node.path} and ${registry.node.path} are both of environment ${registry.environmentName}` +
      `${place === 'unknown' ? ', maybe' : ''} in one account and region, where metrics and alarms go by that name; ` +
      `give one of them another \`environmentName\`${open ? ', unless both are one table' : ''}`;
    if (place === 'shared' && !open) throw new Error(message);
    Annotations.of(registry).addWarningV2('trimtab:environmentName', message);
  }
  REGISTRIES.set(root, [...others, registry]);
}

/** Whether only the deployment knows that two tables are two: not of two that the app makes, nor of two plain names. */
const mayBeOne = (...registries: readonly Named[]): boolean =>
  registries.some(({ table }) => Token.isUnresolved(table.tableName)) &&
  registries.some(({ table }) => table.node.defaultChild === undefined);

/** Judges of each app. */
const JUDGES = new WeakMap<Construct, { readonly judge: Judge; readonly bus: string }[]>();

type Judge = Construct & Pick<Named, 'environmentName'>;

/** Name of a bus; of the account's default one without any. */
const busName = (bus: IEventBus | undefined): string => bus?.eventBusName ?? 'default';

/**
 * Checks that an environment has one judge of its releases: two would answer the same alarms and have alarms of the same
 * names.
 *
 * @throws Error when another of the app judges the same environment; where it is known only at deployment whether both
 *   are in one account and region, there is a warning
 */
export function assertOnlyJudge(judge: Judge, eventBus: IEventBus | undefined): void {
  const root = judge.node.root as Construct;
  const others = JUDGES.get(root) ?? [];
  for (const { judge: other } of others.filter((each) => each.judge.environmentName === judge.environmentName)) {
    const place = sharedPlace(Stack.of(judge), Stack.of(other));
    if (place === 'apart') continue;
    const message = `${other.node.path} and ${judge.node.path} both judge the releases of environment ${judge.environmentName}${place === 'unknown' ? ', maybe in one account and region' : ''}; an environment has one RollbackController, which judges all models of its registry`;
    if (place === 'shared') throw new Error(message);
    Annotations.of(judge).addWarningV2('trimtab:oneJudge', message);
  }
  JUDGES.set(root, [...others, { judge, bus: busName(eventBus) }]);
}

/** What is wrong when a rule of an environment listens to another bus than its judges in the app tell. */
export function unheardJudges(rule: Construct, environmentName: string, eventBus: IEventBus | undefined): string[] {
  const heard = busName(eventBus);
  return (JUDGES.get(rule.node.root as Construct) ?? [])
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

/** Environments of each app by the bucket of data that they have, and the first construct that has it. */
const LAKES = new WeakMap<Construct, Map<string, { readonly of: string; readonly environmentName: string }>>();

/**
 * Environment variables by which a function finds registry and stores.
 *
 * @throws Error when the stores are those of another environment's registry in the app: of what lies there nothing says
 *   which environment it is of, so each would be judged by the other's traffic and truths
 */
export function homeVariables(
  scope: Construct,
  { environmentName, environment }: Pick<Named, 'environmentName'> & Pick<IDataLake, 'environment'>,
  lake: IDataLake,
): Record<string, string> {
  const root = scope.node.root as Construct;
  const lakes = LAKES.get(root) ?? new Map();
  const first = lakes.get(lake.data.bucketName) ?? { of: scope.node.path, environmentName };
  if (first.environmentName !== environmentName)
    throw new Error(
      `${first.of} of environment ${first.environmentName} and ${scope.node.path} of environment ${environmentName} share the bucket of data ${lake.data.node.path}, where captures and truths of the two are not told apart; give each registry a DataLake of its own`,
    );
  LAKES.set(root, lakes.set(lake.data.bucketName, first));
  return { ...environment, ...lake.environment };
}
