import type { DecisionFacts } from '../../core/schema-inference/decision-facts.ts';
import { type InferredDecision, inferDecision } from '../../core/schema-inference/infer-decision.ts';
import type { DecisionWishes } from '../../core/schema-inference/score-decision.ts';
import { type SampleOptions, sampleReference } from './reference-sample.ts';

export interface InferOutputsOptions extends SampleOptions {
  /** The classes that the graph itself names, by output. */
  readonly classes: DecisionFacts['classes'];
  /** Values of the column of ground truth. */
  readonly labels: DecisionFacts['labels'];
  readonly wishes: DecisionWishes;
}

/**
 * What a graph's outputs mean and which decision they make, by what it says itself, by the labels, and by what it
 * answers about rows of the reference.
 *
 * @throws InferDecisionError when what is wished for does not go with the graph
 * @throws ReferenceRunError when the graph fails on all rows
 */
export async function inferOutputs(options: InferOutputsOptions): Promise<InferredDecision> {
  const { signature, labels, classes, wishes } = options;
  const { sample, failing } = await sampleReference(options);
  const inferred = inferDecision(signature, { labels, classes, sample }, wishes);
  return failing === undefined ? inferred : { ...inferred, notes: [...inferred.notes, failing] };
}
