import type { TensorData } from '../model/tensor.ts';
import type { ClassList } from '../onnx/class-lists.ts';

/** What is in the column of ground truth. */
export interface LabelValues {
  /** Distinct values, ascending; the first thousand. Texts where one of them is none that a double is: 9007199254740993. */
  readonly values: readonly (string | number)[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** What a graph answers about some rows of the reference. */
export interface ReferenceSample {
  readonly rows: number;
  /** Of all rows; numbers as doubles, integers of 64 bits as they are. */
  readonly outputs: ReadonlyMap<string, TensorData>;
  /** One a row, null where it is not known; undefined without a column of ground truth. */
  readonly truths: readonly (string | null)[] | undefined;
}

/** What a decision is inferred from, besides what the outputs are. */
export interface DecisionFacts {
  /** Undefined without a column of ground truth. */
  readonly labels?: LabelValues | undefined;
  /** The classes that the graph itself names, by output. */
  readonly classes?: ReadonlyMap<string, ClassList> | undefined;
  /** Undefined where it could not be asked. */
  readonly sample?: ReferenceSample | undefined;
}

/** Whole numbers of more values than this are amounts, not classes. */
const MAX_NUMERIC_CLASSES = 20;

/** Whether labels are estimates of something, rather than names of classes. */
export const areAmounts = ({ values, more }: LabelValues): boolean =>
  values.every((value) => typeof value === 'number') &&
  (more || values.length > MAX_NUMERIC_CLASSES || values.some((value) => !Number.isInteger(value)));

/** Names that a sentence lists. */
const MAX_LISTED = 6;

/** Names for a sentence: the first of them, and how many more there are. */
export function listNames(names: ClassList): string {
  const shown = names.slice(0, MAX_LISTED).join(', ');
  return names.length > MAX_LISTED ? `${shown} and ${names.length - MAX_LISTED} more` : shown;
}
