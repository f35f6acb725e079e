import type { Manifest } from '../manifest/manifest.ts';
import { METRICS, type MetricName } from './metric-names.ts';

/** Metrics that only some models have, by what their manifest says. */
const OCCASIONAL: Partial<Record<MetricName, (manifest: Manifest) => boolean>> = {
  OutOfDistribution: ({ guards }) => guards?.outOfDistribution !== undefined,
  RateLimited: ({ guards }) => guards?.rateLimit !== undefined,
  CacheHit: ({ serving }) => serving.cache !== undefined,
  // Whoever sets them wants to be asked for them.
  ExplainLatency: ({ explanations }) => explanations !== undefined,
  ExplainFailure: ({ explanations }) => explanations !== undefined,
  Margin: hasSeveralClasses,
  Entropy: hasSeveralClasses,
  // A shadow has them, which is no champion.
  ShadowDisagreement: () => false,
  ShadowDifference: () => false,
};

/** Metrics that a model's champion emits in the end, business metrics apart. */
export const emittedMetrics = (manifest: Manifest): MetricName[] =>
  (Object.keys(METRICS) as MetricName[]).filter((metric) => OCCASIONAL[metric]?.(manifest) ?? true);

function hasSeveralClasses({ outputs }: Manifest): boolean {
  return outputs.some(({ classes = [] }) => classes.length > 2);
}
