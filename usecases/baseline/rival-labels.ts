import { classNamed } from '../../core/contract/cells/class-literal.ts';
import type { Decision } from '../../core/manifest/decision.ts';
import { binaryClasses, decisionClasses } from '../../core/manifest/decision-classes.ts';
import type { OutputMeaning } from '../../core/manifest/manifest.ts';
import { besideConstant } from '../../core/quality/beside-constant.ts';
import type { LabelValues, ReferenceSample } from '../../core/schema-inference/decision-facts.ts';
import { compileScores } from '../../core/serving/decision-scores.ts';
import { PerformanceTally } from './reference-performance.ts';

/** What a graph answers where another column is the ground truth, and what that one holds. */
export interface RivalSample {
  readonly sample: ReferenceSample;
  readonly labels: LabelValues;
}

/**
 * Whether a graph is surely better than a constant answer on a column whose values may be its classes, numbered or
 * called otherwise: in their ascending order, and of two the other way round as well.
 *
 * @returns undefined where the decision has another number of classes
 */
export function doesWellOn(
  { sample, labels }: RivalSample,
  decision: Decision,
  outputs: readonly OutputMeaning[],
): boolean | undefined {
  const classes = classesOf(decision, outputs);
  const answers = sample.outputs.get(decision.output);
  if (answers === undefined || classes.length !== labels.values.length) return undefined;
  const values = labels.values.map(String);
  const scores = Array.from(compileScores(decision, outputs)(answers, sample.rows));
  return (classes.length === 2 ? [classes, classes.toReversed()] : [classes]).some((names) => {
    const tally = new PerformanceTally(decision, outputs);
    for (const [row, score] of scores.entries()) {
      const truth = sample.truths?.[row] ?? null;
      const value = truth === null ? undefined : classNamed(values, truth);
      if (value !== undefined) tally.add(score, names[values.indexOf(value)]!);
    }
    const performance = tally.result();
    return performance !== undefined && besideConstant(performance).better;
  });
}

/** In their order; of a decision between two that names none, no and yes. */
function classesOf(decision: Decision, outputs: readonly OutputMeaning[]): readonly string[] {
  if (decision.task === 'regression') return [];
  if (decision.task === 'multiclass') return decisionClasses(decision, outputs);
  const { names } = binaryClasses(decision, outputs);
  return names.length === 2 ? names : ['false', 'true'];
}
