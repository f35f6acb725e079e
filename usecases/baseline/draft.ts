import type { Contract } from '../../core/contract/contract.ts';
import type { Preprocess } from '../../core/model/preprocess.ts';
import type { LabelValues } from '../../core/schema-inference/decision-facts.ts';
import type { InferredContract } from '../../core/schema-inference/infer.ts';

/** A manifest's parts as reference data suggests them, and what was taken for what. */
export interface Draft
  extends Pick<InferredContract, 'taken' | 'order' | 'constant' | 'guess' | 'spare' | 'swallowed'> {
  readonly contract: Contract;
  /** Inputs whose pictures came as files. */
  readonly preprocess?: Preprocess;
  /** Of ground truth, where the data has a column of it. */
  readonly labels?: LabelValues | undefined;
  /** What of the data is not as it came, or what only a person can say, in sentences. */
  readonly notices: readonly string[];
}
