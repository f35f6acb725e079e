import { ownValue } from '../../core/model/own-value.ts';
import type { Explainer, ExplainerOptions } from './explainer.ts';
import { FeatureExplainer } from './feature-explainer.ts';
import { ImageExplainer } from './image-explainer.ts';

/**
 * What explains a version: its features where the contract has some that the baseline knows, else the cells of a tensor.
 *
 * @throws InputError when there is neither
 */
export function createExplainer(options: ExplainerOptions): Explainer {
  const { contract } = options.manifest;
  const { profile, background } = options.baseline;
  const known = contract.features.some(
    ({ name, personal }) =>
      personal === 'no' &&
      (ownValue(profile.columns, name) !== undefined || (background?.rows.length && background.columns.includes(name))),
  );
  return known ? new FeatureExplainer(options) : new ImageExplainer(options);
}
