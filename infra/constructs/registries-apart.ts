import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { sharedPlace } from './shared-place.ts';

/** A construct of which an environment has one, in an account and region. */
interface Named extends Construct {
  readonly environmentName: string;
}

/** What there is one of: registries that are made, registries that are imported by their tables, judges. */
type Kind = 'registries' | `registries of table ${string}` | 'judges';

interface Known {
  readonly kind: Kind;
  readonly construct: Named;
}

/** Constructs of each app, in the order in which they were made. */
const KNOWN = new WeakMap<Construct, Known[]>();

const isImport = (kind: Kind): boolean => kind.startsWith('registries of');

/** Whether an environment that has one may not have the other: a registry may be imported more than once, and beside itself. */
const excludes = (one: Kind, other: Kind): boolean =>
  one === other ? !isImport(one) : isImport(one) && isImport(other);

/**
 * Checks that no other construct of its kind in the app has the name of this one's environment in its account and region:
 * metrics and alarms go by that name, so that each would be judged by what the other's models do.
 *
 * @throws Error when one has; where it is known only at deployment whether two stacks share an account and region, there
 *   is a warning
 */
export function keepApart(construct: Named, kind: Kind): void {
  const root = construct.node.root as Construct;
  const others = KNOWN.get(root) ?? [];
  for (const { construct: other, kind: its } of others) {
    if (other.environmentName !== construct.environmentName || !excludes(kind, its)) continue;
    const place = sharedPlace(Stack.of(construct), Stack.of(other));
    if (place === 'apart') continue;
    const message =
      `the ${kind.split(' ')[0]} ${other.node.path} and ${construct.node.path} are both of environment ${construct.environmentName}` +
      `${place === 'unknown' ? ', maybe' : ''} in one account and region, where metrics and alarms go by that name; ` +
      'give one of them another `environmentName`';
    if (place === 'shared') throw new Error(message);
    Annotations.of(construct).addWarningV2('trimtab:environmentName', message);
  }
  KNOWN.set(root, [...others, { kind, construct }]);
}

/** The environment whose data a store is for, by the store, or by its name where that is known. */
const LAKES = new WeakMap<object, string>();
const NAMED_LAKES = new WeakMap<Construct, Map<string, string>>();

/**
 * Checks that a data lake is one environment's alone: captures, truths, datasets and reports lie in it by names of models,
 * which two registries may both have.
 *
 * @throws Error when another environment of the app has it
 */
export function oneEnvironment(scope: Construct, environmentName: string, data: IBucket): void {
  const root = scope.node.root as Construct;
  const named = NAMED_LAKES.get(root) ?? new Map<string, string>();
  NAMED_LAKES.set(root, named);
  const name = Token.isUnresolved(data.bucketName) ? undefined : data.bucketName;
  const known = name === undefined ? LAKES.get(data) : named.get(name);
  if (known !== undefined && known !== environmentName)
    throw new Error(
      `${scope.node.path}: the data lake is that of environment ${known}, and cannot be that of ${environmentName} as well: ` +
        'what is stored in it goes by names of models; give each environment a DataLake of its own',
    );
  if (name === undefined) LAKES.set(data, environmentName);
  else named.set(name, environmentName);
}
