import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { IDataLake } from './data-lake.ts';
import type { IModelRegistry } from './model-registry.ts';
import { NotedByApp, sameResource } from './same-resource.ts';

interface Pair {
  readonly scope: Construct;
  readonly registry: IModelRegistry;
  readonly lake: IDataLake;
}

const PAIRS = new NotedByApp<Pair>();

const sameBucket = (one: IBucket, other: IBucket): boolean | undefined =>
  sameResource({ resource: one, name: one.bucketName }, { resource: other, name: other.bucketName });

/** Whether two registries are one, as far as it is known before they are deployed. */
const sameRegistry = (one: IModelRegistry, other: IModelRegistry): boolean | undefined =>
  one.environmentName === other.environmentName &&
  sameResource(
    { resource: one.table, name: one.table.tableName },
    { resource: other.table, name: other.table.tableName },
  );

/**
 * Checks that a registry and a data lake go together everywhere in the app: what is stored in a lake goes by names of
 * models, which two registries may both have; and of two lakes of one registry each would have a part of what happened.
 *
 * @throws Error when the lake is that of another registry, or the registry has another lake
 */
export function belongTogether(scope: Construct, registry: IModelRegistry, lake: IDataLake): void {
  for (const other of PAIRS.of(scope)) {
    const registries = sameRegistry(registry, other.registry);
    const buckets = [sameBucket(lake.data, other.lake.data), sameBucket(lake.captures, other.lake.captures)];
    if (registries === false && buckets.includes(true))
      throw new Error(
        `${scope.node.path}: the data lake is that of environment ${other.registry.environmentName} by ${other.scope.node.path}, ` +
          `and cannot be that of ${registry.environmentName} as well: what is stored in it goes by names of models; ` +
          'give each registry a DataLake of its own',
      );
    if (registries === true && buckets.includes(false))
      throw new Error(
        `${scope.node.path}: the registry of environment ${registry.environmentName} has another data lake by ${other.scope.node.path}: ` +
          'what happens would lie in two, of which the judge and the join of truths know one; give both the same lake',
      );
  }
  PAIRS.add(scope, { scope, registry, lake });
}

/** @throws Error when the judge of an endpoint is given another ledger than that which the endpoint serves by */
export function mustServeBy(scope: Construct, registry: IModelRegistry, served: IModelRegistry): void {
  if (registry.environmentName !== served.environmentName)
    throw new Error(
      `the registry is of environment ${registry.environmentName}, that of the endpoint of ${served.environmentName}`,
    );
  if (sameRegistry(registry, served) === false)
    throw new Error(
      `${scope.node.path}: the registry is another than that of the endpoint: what is decided there, nobody serves`,
    );
}
