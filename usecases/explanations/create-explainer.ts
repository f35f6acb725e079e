import type { ExplainerOptions, Explains } from './explainer.ts';
import { Explainer } from './feature-explainer.ts';
import { GridExplainer } from './image-explainer.ts';

/**
 * What explains a version: its features where the contract has some that the baseline knows, else the cells of a tensor.
 *
 * @throws InputError when there is neither
 */
export function openExplainer(options: ExplainerOptions): Explains {
  const { contract } = options.manifest;
  const { columns } = options.baseline.profile;
  const known = contract.features.some(({ name, personal }) => personal === 'no' && columns[name] !== undefined);
  return known ? new Explainer(options) : new GridExplainer(options);
}
