import type { Contract } from '../contract/contract.ts';
import type { Decision } from './decision.ts';
import { decisionClasses } from './decision-classes.ts';
import type { Manifest } from './manifest.ts';
import type { DecidingMetric, DecidingMetricName } from './quality.ts';
import { isOfOneClass, isProbability } from './quality-of.ts';
import { hasFewValues, type SegmentSettings } from './segments.ts';

const METRICS_OF: Readonly<Record<Decision['task'], readonly DecidingMetricName[]>> = {
  binary: ['errorRate', 'recall', 'specificity', 'precision', 'brier', 'logLoss', 'cost'],
  multiclass: ['errorRate', 'recall', 'precision', 'brier', 'logLoss', 'cost'],
  regression: ['errorRate', 'errorAboveMedian', 'errorAboveP90'],
};

type QualityManifest = Pick<Manifest, 'contract' | 'decision' | 'outputs' | 'quality' | 'truth' | 'monitoring'>;

/** Why a manifest's decision, quality, truth and segments do not go together; undefined when they do. */
export function qualityProblem(manifest: QualityManifest): string | undefined {
  const { contract, decision, outputs, quality, truth, monitoring } = manifest;
  if (decision?.task === 'multiclass' && decisionClasses(decision, outputs).length < 2)
    return `a decision between several classes needs their names: give decision.classes, or classes of output ${decision.output} in outputs`;
  if (truth?.of === 'predicted-positives' && decision?.task !== 'binary')
    return `truth.of predicted-positives is of a binary decision, this one is ${decision?.task ?? 'not there'}`;
  const stranger = unknownClassOfCosts(manifest);
  if (stranger !== undefined) return `decision.costs names ${stranger}, which is no class of the decision`;
  for (const metric of quality.metrics ?? []) {
    const problem = metricProblem(metric, manifest);
    if (problem !== undefined) return problem;
  }
  return monitoring.segments.map((segment) => segmentProblem(segment, contract)).find((each) => each !== undefined);
}

function unknownClassOfCosts({ decision, outputs }: QualityManifest): string | undefined {
  if (decision?.task !== 'multiclass') return undefined;
  const classes = decisionClasses(decision, outputs);
  const named = (decision.costs ?? []).flatMap(({ truth, decision: decided }) => [String(truth), String(decided)]);
  return named.find((name) => !classes.includes(name));
}

function metricProblem(
  { metric, class: one }: DecidingMetric,
  { decision, outputs, truth }: QualityManifest,
): string | undefined {
  if (decision === undefined) return `quality.metrics names ${metric}, and the manifest has no decision`;
  const possible = METRICS_OF[decision.task];
  if (!possible.includes(metric))
    return `${metric} is no metric that decides about ${decision.task}, expected one of ${possible.join(', ')}`;
  if (metric === 'errorRate' && decision.task === 'regression' && decision.tolerance === undefined)
    return 'errorRate of a regression needs decision.tolerance';
  if (metric === 'cost' && decision.task !== 'regression' && decision.costs === undefined)
    return 'cost needs decision.costs';
  if (decision.task === 'binary' && (metric === 'brier' || metric === 'logLoss') && !isProbability(decision, outputs))
    return `${metric} needs probabilities: say so of output ${decision.output} in outputs, if it has some`;
  if (truth?.of === 'predicted-positives' && metric !== 'precision')
    return `${metric} is not defined where truth is of predicted positives only, precision is`;
  if (one === undefined) return undefined;
  if (decision.task !== 'multiclass' || !isOfOneClass(metric)) return `${metric} of this decision is of no one class`;
  const classes = decisionClasses(decision, outputs);
  return classes.includes(String(one))
    ? undefined
    : `quality.metrics names class ${one}, expected one of ${classes.slice(0, 20).join(', ')}`;
}

function segmentProblem({ feature, edges }: SegmentSettings, { features }: Contract): string | undefined {
  const found = features.find(({ name }) => name === feature);
  if (found === undefined) return `monitoring.segments names ${feature}, which is no feature of the contract`;
  if (found.personal !== 'no')
    return `monitoring.segments names ${feature}, which is personal: quality is not told apart by it`;
  const numeric = found.type === 'float' || found.type === 'integer';
  if (edges !== undefined && !numeric) return `monitoring.segments has edges for ${feature}, which is ${found.type}`;
  if (edges === undefined && numeric && !(found.type === 'integer' && hasFewValues(found)))
    return `monitoring.segments needs edges for ${feature}, which is ${found.type}: its values are too many`;
  return undefined;
}
