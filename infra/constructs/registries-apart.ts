import { Annotations, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type NamedResource, NotedByApp, sameResource } from './same-resource.ts';
import { sharedPlace } from './shared-place.ts';

/** A construct of which an environment has one, in an account and region. */
interface Single {
  readonly kind: 'registries' | 'judges';
  readonly construct: Construct & { readonly environmentName: string };
  /** The resource that it stands for; others of its kind may stand for the same. @default none: each is one of its own */
  readonly resource?: NamedResource;
}

const SINGLES = new NotedByApp<Single>();

/**
 * Checks that no other construct of its kind in the app has the name of this one's environment in its account and region:
 * metrics and alarms go by that name, so that each would be judged by what the other's models do.
 *
 * @throws Error when one has; where it is known only at deployment whether two stacks share an account and region, there
 *   is a warning
 */
export function keepApart(single: Single): void {
  const { kind, construct, resource } = single;
  for (const other of SINGLES.of(construct)) {
    if (other.kind !== kind || other.construct.environmentName !== construct.environmentName) continue;
    const same = resource && other.resource ? sameResource(resource, other.resource) : false;
    const place = sharedPlace(Stack.of(construct), Stack.of(other.construct));
    if (same !== false || place === 'apart') continue;
    const message =
      `the ${kind} ${other.construct.node.path} and ${construct.node.path} are both of environment ${construct.environmentName}` +
      `${place === 'unknown' ? ', maybe' : ''} in one account and region, where metrics and alarms go by that name; ` +
      'give one of them another `environmentName`';
    if (place === 'shared') throw new Error(message);
    Annotations.of(construct).addWarningV2('trimtab:environmentName', message);
  }
  SINGLES.add(construct, single);
}
