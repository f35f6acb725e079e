import { type Decision, RegressionDecision } from '../manifest/decision.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';

/** What is in the column of ground truth. */
export interface LabelValues {
  /** Distinct values, ascending; the first thousand. */
  readonly values: readonly (string | number)[];
  /** Whether there are more. */
  readonly more: boolean;
}

export interface DecisionWishes {
  /** Output that is to decide. */
  readonly output?: string | undefined;
  /** Of a binary decision. */
  readonly threshold?: number | undefined;
  /** Of a regression. */
  readonly tolerance?: number | undefined;
}

export interface InferredDecision {
  readonly outputs: readonly OutputMeaning[];
  /** Undefined when no output can make one, or nobody knows between what. */
  readonly decision?: Decision;
}

/** What is wished for does not go with the graph. */
export class InferDecisionError extends Error {
  override readonly name = 'InferDecisionError';
}

/** Whole numbers of more values than this are amounts, not classes. */
const MAX_NUMERIC_CLASSES = 20;

/**
 * The decision that a graph's outputs can make, by their shape and by what the labels are: as many distinct labels as an
 * output has columns are classes, in ascending order, as scikit-learn has them; numbers of many values are estimates.
 *
 * @param labels undefined without a column of ground truth
 * @throws InferDecisionError when no such output is there
 */
export function inferDecision(
  signature: Pick<Signature, 'outputs'>,
  labels: LabelValues | undefined,
  wishes: DecisionWishes,
): InferredDecision {
  const output = decisiveOutput(signature, wishes);
  const decision = output === undefined ? undefined : decisionBy(output, labels, wishes);
  const own = decision ?? labelDecision(signature, labels, wishes);
  const classes =
    own?.task === 'multiclass' || own?.task === 'binary' ? classesFor(columnsOf(output), labels) : undefined;
  const outputs = signature.outputs.map(({ name }): OutputMeaning => {
    if (own?.output !== name) return { name, meaning: 'other' };
    return { name, ...meaningOf(own, name, classes) };
  });
  return own === undefined ? { outputs } : { outputs, decision: own };
}

/** A float output named like a probability or score, or the only one. */
function decisiveOutput({ outputs }: Pick<Signature, 'outputs'>, { output }: DecisionWishes): TensorSpec | undefined {
  const floats = outputs.filter(({ type }) => type === 'float32' || type === 'float64');
  if (output === undefined)
    return floats.find(({ name }) => /prob|score/i.test(name)) ?? (floats.length === 1 ? floats[0] : undefined);
  const found = floats.find(({ name }) => name === output);
  if (found !== undefined || outputs.some(({ name }) => name === output)) return found;
  throw new InferDecisionError(
    `no output is named ${output}; there are: ${outputs.map(({ name }) => name).join(', ')}`,
  );
}

const columnsOf = (output: TensorSpec | undefined): number => {
  if (output === undefined) return 0;
  return output.shape.length === 2 ? output.shape[1]! : 1;
};

/** Labels as the classes of an output's columns; undefined where the numbers do not agree. */
const classesFor = (columns: number, labels: LabelValues | undefined): OutputMeaning['classes'] =>
  labels !== undefined && !labels.more && columns >= 2 && labels.values.length === columns
    ? [...labels.values]
    : undefined;

function decisionBy(
  output: TensorSpec,
  labels: LabelValues | undefined,
  { threshold, tolerance }: DecisionWishes,
): Decision | undefined {
  const columns = columnsOf(output);
  if (tolerance !== undefined) return { task: 'regression', output: output.name, column: 0, tolerance };
  if (threshold !== undefined || columns === 2)
    return { task: 'binary', output: output.name, column: columns === 2 ? 1 : 0, threshold: threshold ?? 0.5 };
  if (columns > 2) {
    const classes = classesFor(columns, labels);
    return classes && { task: 'multiclass', output: output.name, classes };
  }
  return labels !== undefined && areAmounts(labels)
    ? RegressionDecision.parse({ task: 'regression', output: output.name })
    : undefined;
}

const areAmounts = ({ values, more }: LabelValues): boolean =>
  values.every((value) => typeof value === 'number') &&
  (more || values.length > MAX_NUMERIC_CLASSES || values.some((value) => !Number.isInteger(value)));

/** By an output that holds the class itself, where no other can decide. */
function labelDecision(
  { outputs }: Pick<Signature, 'outputs'>,
  labels: LabelValues | undefined,
  { output }: DecisionWishes,
): Decision | undefined {
  if (labels === undefined || labels.more || labels.values.length < 2 || areAmounts(labels)) return undefined;
  const named = outputs.filter(({ type }) => type === 'string' || type === 'int64' || type === 'int32');
  const found = named.find(({ name }) => (output === undefined ? /label|class/i.test(name) : name === output));
  return found && { task: 'multiclass', output: found.name, classes: [...labels.values] };
}

function meaningOf(decision: Decision, output: string, classes: OutputMeaning['classes']): Omit<OutputMeaning, 'name'> {
  if (decision.task === 'regression') return { meaning: 'value' };
  if (classes === undefined && decision.task === 'multiclass') return { meaning: 'label' };
  if (!/prob/i.test(output)) return { meaning: 'score' };
  return { meaning: 'probabilities', ...(classes === undefined ? {} : { classes }) };
}
