import { Annotations, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { sharedPlace } from './shared-place.ts';

/** A registry as far as it can be taken for another. */
interface Named extends Construct {
  readonly environmentName: string;
}

/** Registries of each app, in the order in which they were made. */
const REGISTRIES = new WeakMap<Construct, Named[]>();

/**
 * Checks that no other registry of the app has the name of this one's environment in its account and region: metrics and
 * alarms go by that name, so that each would be judged by what the other's models do.
 *
 * @throws Error when one has; where it is known only at deployment whether two stacks share an account and region, there
 *   is a warning
 */
export function keepApart(registry: Named): void {
  const root = registry.node.root as Construct;
  const others = REGISTRIES.get(root) ?? [];
  for (const other of others.filter(({ environmentName }) => environmentName === registry.environmentName)) {
    const place = sharedPlace(Stack.of(registry), Stack.of(other));
    if (place === 'apart') continue;
    const message =
      `the registries ${other.node.path} and ${registry.node.path} are both of environment ${registry.environmentName}` +
      `${place === 'unknown' ? ', maybe' : ''} in one account and region, where metrics and alarms go by that name; ` +
      'give one of them another `environmentName`';
    if (place === 'shared') throw new Error(message);
    Annotations.of(registry).addWarningV2('trimtab:environmentName', message);
  }
  REGISTRIES.set(root, [...others, registry]);
}
