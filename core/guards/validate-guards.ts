import type { Feature } from '../contract/contract.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Baseline } from '../profile/profile.ts';
import { scoreFeatures } from './outliers.ts';

/**
 * Why a manifest's guards cannot do what they say; undefined when they can.
 *
 * @param features of the contract's check, those of whole tensors among them
 */
export function guardsProblem(
  { guards, outputs, decision }: Pick<Manifest, 'guards' | 'outputs' | 'decision'>,
  features: readonly Feature[],
  baseline: Pick<Baseline, 'profile'> | undefined,
): string | undefined {
  if (guards?.outOfDistribution !== undefined) {
    if (baseline === undefined)
      return 'guards.outOfDistribution holds requests against the baseline, and there is no baseline.json: `trimtab init` writes one';
    if (scoreFeatures(features, baseline.profile).length === 0)
      return `guards.outOfDistribution needs a feature that the baseline has a column of, it has ${Object.keys(baseline.profile.columns).join(', ') || 'none'}`;
  }
  if (guards === undefined || guards.confidence === 'full') return undefined;
  const described = outputs.filter(({ meaning }) => meaning !== 'other').map(({ name }) => name);
  if (described.length === 0)
    return `guards.confidence ${guards.confidence} would leave nothing to answer with: say what outputs mean (label, probabilities, score or value)`;
  if (decision !== undefined && !described.includes(decision.output))
    return `guards.confidence ${guards.confidence} would hide output ${decision.output}, which the decision reads: say what it means (probabilities, score or value)`;
  return undefined;
}
