import type { Decision } from '../manifest/decision.ts';
import { decisionClasses } from '../manifest/decision-classes.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { isProbability } from '../manifest/quality-of.ts';
import type { Baseline } from '../profile/profile.ts';
import type { DecisionTruth } from '../serving/ground-truth.ts';
import { addBinary, type BinaryScale, emptyBinary } from './binary.ts';
import { GENERIC_ERROR_EDGES } from './error-bins.ts';
import { addMulticlass, emptyMulticlass } from './multiclass.ts';
import { addRegression, emptyRegression, type RegressionScale } from './regression.ts';
import type { Tally } from './tally.ts';

/** How the decisions of one version are counted; the same for all of its tallies. */
export type DecisionScale =
  | ({ readonly task: 'binary' } & BinaryScale)
  | { readonly task: 'multiclass'; readonly classes: readonly string[] }
  | ({ readonly task: 'regression' } & RegressionScale);

/** A decision and what was true. */
export interface DecisionRow {
  /** As ScoreReader gives it. */
  readonly score: number | null;
  /** As decisionTruth reads it. */
  readonly truth: DecisionTruth;
  /** Of several classes: one probability a class, where they are known. */
  readonly probabilities?: ArrayLike<number> | undefined;
}

/**
 * How a version's decisions are counted: by its manifest, over the bins of its baseline. Without one, scores that are no
 * probabilities are counted over [0, 1], and absolute errors over bins for errors of any size.
 */
export function decisionScale(
  { outputs }: Pick<Manifest, 'outputs'>,
  decision: Decision,
  baseline: Pick<Baseline, 'profile' | 'performance'> | undefined,
): DecisionScale {
  if (decision.task === 'multiclass') return { task: 'multiclass', classes: decisionClasses(decision, outputs) };
  if (decision.task === 'regression') {
    const edges = baseline?.performance?.errorEdges;
    return {
      task: 'regression',
      edges: edges !== undefined && edges.length > 0 ? edges : GENERIC_ERROR_EDGES,
      tolerance: decision.tolerance,
    };
  }
  const column = baseline?.profile.columns[`output:${decision.output}`];
  return {
    task: 'binary',
    threshold: decision.threshold,
    probabilities: isProbability(decision, outputs),
    edges: column?.kind === 'numeric' && column.edges.length > 0 ? column.edges : undefined,
  };
}

export function emptyTally(scale: DecisionScale): Tally {
  if (scale.task === 'binary') return emptyBinary(scale);
  return scale.task === 'multiclass' ? emptyMulticlass(scale.classes) : emptyRegression(scale);
}

/** Counts one row, in place, in a tally that {@link emptyTally} made of the same scale. */
export function addDecision(tally: Tally, scale: DecisionScale, { score, truth, probabilities }: DecisionRow): void {
  if (tally.task === 'binary' && scale.task === 'binary') addBinary(tally, scale, { score, truth: truth === true });
  else if (tally.task === 'multiclass') addMulticlass(tally, { predicted: score, truth: Number(truth), probabilities });
  else if (tally.task === 'regression' && scale.task === 'regression')
    addRegression(tally, scale, { score, truth: Number(truth) });
}

/** What a decision costs: 1 or 0 for wrong or right, of a regression its absolute error; undefined without an estimate. */
export function lossOf(scale: DecisionScale, { score, truth }: DecisionRow): number | undefined {
  const none = score === null || !Number.isFinite(score);
  if (scale.task === 'regression') return none ? undefined : Math.abs(score - Number(truth));
  if (none) return 1;
  const wrong = scale.task === 'binary' ? score >= scale.threshold !== truth : score !== truth;
  return wrong ? 1 : 0;
}
