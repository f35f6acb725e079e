import type { DecisionFacts } from '../../core/schema-inference/decision-facts.ts';
import { type InferredDecision, inferDecision } from '../../core/schema-inference/infer-decision.ts';
import type { DecisionWishes } from '../../core/schema-inference/score-decision.ts';
import { type SampleOptions, SampleRunError, sampleReference } from './reference-sample.ts';

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
 */
export async function inferOutputs(options: InferOutputsOptions): Promise<InferredDecision> {
  const { signature, labels, classes, wishes } = options;
  try {
    const sample = await sampleReference(options);
    return inferDecision(signature, { labels, classes, sample }, wishes);
  } catch (error) {
    if (!(error instanceof SampleRunError)) throw error;
    const inferred = inferDecision(signature, { labels, classes }, wishes);
    return { ...inferred, notes: [...inferred.notes, error.message] };
  }
}
