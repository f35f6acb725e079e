import { type IResource, Resource, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { sharedPlace } from './shared-place.ts';

/** A resource that is made or imported, and its name: perhaps a reference that only the deployment resolves. */
export interface NamedResource {
  readonly resource: IResource;
  readonly name: string;
}

/**
 * Whether two constructs stand for one resource, as far as that is known before they are deployed. A resource may be
 * imported more than once, by whatever it is named, and beside its own construct.
 *
 * @returns undefined where only the deployment knows
 */
export function sameResource(one: NamedResource, other: NamedResource): boolean | undefined {
  if (one.resource === other.resource) return true;
  const made = [one, other].filter(({ resource }) => Resource.isOwnedResource(resource)).length;
  if (made === 2 || sharedPlace(Stack.of(one.resource), Stack.of(other.resource)) === 'apart') return false;
  if (made === 1) return undefined;
  // Names of imports that are not plain text: what they come from is the same where it is said in the same words.
  if (textOf(one) === textOf(other)) return true;
  return Token.isUnresolved(one.name) || Token.isUnresolved(other.name) ? undefined : false;
}

const textOf = ({ resource, name }: NamedResource): string => JSON.stringify(Stack.of(resource).resolve(name));

/** What is noted of the constructs of each app, in the order in which they were made. */
export class NotedByApp<T> {
  readonly #noted = new WeakMap<Construct, T[]>();

  of(scope: Construct): readonly T[] {
    return this.#noted.get(scope.node.root as Construct) ?? [];
  }

  add(scope: Construct, noted: T): void {
    this.#noted.set(scope.node.root as Construct, [...this.of(scope), noted]);
  }
}
