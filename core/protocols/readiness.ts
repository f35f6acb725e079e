import type { Variant } from '../serving/variant.ts';
import { type Catalog, notLoaded, ProtocolError } from './protocol.ts';

/** A version that is to have traffic and could not be loaded. */
interface NotLoaded {
  readonly version: number;
  readonly variant: Variant;
  readonly reason: string;
}

/** A model that nothing is released of yet takes no endpoint out of service; one that can serve nothing at all is not ready. */
export function canServe(catalog: Catalog): boolean {
  const models = catalog.models();
  return models.length === 0 || models.some((model) => (catalog.versions(model) ?? []).length > 0);
}

/**
 * What is not as the release says although something answers, in sentences: a champion that could not be loaded takes no
 * endpoint out of service that goes on with the one before.
 */
export const troubles = (catalog: Catalog, models: readonly string[], version?: number): string[] =>
  models.flatMap((model) => sentences(model, notLoaded(catalog, model, version)));

/** Nothing of a model answers, and why where that is known. */
export const notReady = (model: string, failed: readonly NotLoaded[]): ProtocolError =>
  new ProtocolError(503, [`model ${model} has no version that is ready`, ...sentences(model, failed)].join('; '));

const sentences = (model: string, failed: readonly NotLoaded[]): string[] =>
  failed.map(
    ({ version, variant, reason }) => `version ${version} of ${model}, the ${variant}, is not loaded: ${reason}`,
  );
