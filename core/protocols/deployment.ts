import type { Catalog } from './protocol.ts';

/**
 * The model that the name of a deployment means, where another system has named it: the model of that name, else the
 * one that requests without a name are for (undefined). An endpoint of several models without a default knows no other
 * names than theirs.
 */
export function modelOfDeployment(catalog: Catalog, name: string): string | undefined {
  if (catalog.versions(name) !== undefined) return name;
  return catalog.defaultModel !== undefined || catalog.models().length === 1 ? undefined : name;
}
