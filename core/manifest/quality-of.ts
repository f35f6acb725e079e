import type { Decision } from './decision.ts';
import { decisionClasses } from './decision-classes.ts';
import { durationMs } from './duration.ts';
import type { Manifest } from './manifest.ts';
import type { DecidingMetric, DecidingMetricName } from './quality.ts';

type QualityManifest = Pick<Manifest, 'decision' | 'outputs' | 'quality' | 'truth'>;

/** A metric that decides, with nothing left open. */
export interface ResolvedMetric {
  readonly metric: DecidingMetricName;
  /** Of several classes: whose; undefined where the metric is of all of them. */
  readonly class?: string;
  readonly higherIsBetter: boolean;
  /** How much worse a version may be, relative to the champion's rate of errors. */
  readonly margin: number;
  /** And how much in any case. */
  readonly floor: number;
}

/** What decides about the versions of a model. */
export interface ResolvedQuality {
  /** Empty where the manifest has no decision. */
  readonly metrics: readonly ResolvedMetric[];
  /** Metrics of a class count only where the class has at least this share of the truths. */
  readonly minClassShare: number;
  /** How long a gate waits for evidence before a person is asked, milliseconds. */
  readonly patienceMs: number;
}

const HIGHER_IS_BETTER: ReadonlySet<DecidingMetricName> = new Set(['recall', 'specificity', 'precision']);

/** The manifest's `quality` with the defaults of its task, which are such that a constant answer loses at any base rate. */
export function qualityOf(manifest: QualityManifest): ResolvedQuality {
  const { quality, decision, outputs } = manifest;
  const chosen = quality.metrics ?? defaultMetrics(manifest).map((metric): DecidingMetric => ({ metric }));
  const classes = decision?.task === 'multiclass' ? decisionClasses(decision, outputs) : [];
  const metrics = chosen.flatMap(({ metric, class: one, margin = quality.margin, floor = quality.floor }) => {
    const resolved = { metric, higherIsBetter: HIGHER_IS_BETTER.has(metric), margin, floor };
    if (one !== undefined) return [{ ...resolved, class: String(one) }];
    return classes.length > 0 && isOfOneClass(metric)
      ? classes.map((each) => ({ ...resolved, class: each }))
      : [resolved];
  });
  return { metrics, minClassShare: quality.minClassShare, patienceMs: durationMs(quality.patience) };
}

/** Whether the metric, of several classes, is of one at a time. */
export const isOfOneClass = (metric: DecidingMetricName): boolean => metric === 'recall' || metric === 'precision';

/** Whether the decision's output holds probabilities; a score of another scale has no Brier score. */
export const isProbability = ({ output }: Decision, outputs: Readonly<QualityManifest['outputs']>): boolean =>
  outputs.some(({ name, meaning }) => name === output && meaning === 'probabilities');

function defaultMetrics({ decision, outputs, truth }: QualityManifest): DecidingMetricName[] {
  if (decision === undefined) return [];
  if (decision.task === 'multiclass') return ['errorRate', 'recall'];
  if (decision.task === 'regression') return ['errorAboveMedian', 'errorAboveP90'];
  if (truth?.of === 'predicted-positives') return ['precision'];
  return ['recall', 'specificity', ...(isProbability(decision, outputs) ? (['brier'] as const) : [])];
}
