import type { Catalog } from '../../core/protocols/protocol.ts';

/** A catalog as a caller sees it who may use some models only: of the others there is nothing. */
export function limitedCatalog(catalog: Catalog, models: readonly string[]): Catalog {
  const allowed = new Set(models);
  const { defaultModel } = catalog;
  return {
    models: () => catalog.models().filter((name) => allowed.has(name)),
    versions: (model) => (allowed.has(model) ? catalog.versions(model) : undefined),
    notLoaded: (model) => (allowed.has(model) ? catalog.notLoaded(model) : []),
    defaultModel: defaultModel !== undefined && allowed.has(defaultModel) ? defaultModel : undefined,
    statistics: (model, version) =>
      catalog.statistics(model, version).filter(({ model: counted }) => allowed.has(counted)),
  };
}
