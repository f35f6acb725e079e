import type { Decision } from '../manifest/decision.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import { unreadLabels } from './class-names.ts';
import { areAmounts, type DecisionFacts, listNames } from './decision-facts.ts';
import { InferDecisionError } from './infer-decision-error.ts';
import { labelIndices } from './sampled-scores.ts';
import { type ChosenDecision, type DecisionWishes, scoreDecision } from './score-decision.ts';

export interface InferredDecision {
  readonly outputs: readonly OutputMeaning[];
  /** Undefined when no output can make one, or nobody knows between what. */
  readonly decision?: Decision;
  /** What was taken for what and why, or why there is no decision; in sentences. */
  readonly notes: readonly string[];
}

/**
 * The decision that a graph's outputs can make: by their shapes, by the classes that the graph names, by what the labels
 * are, and by what it answers about rows of the reference. Probabilities go before the label, for they say more; where
 * they decide otherwise than the graph's own label does, it decides.
 *
 * @throws InferDecisionError when what is wished for does not go with the graph, or a class cannot be called as it is
 */
export function inferDecision(
  { outputs }: Pick<Signature, 'outputs'>,
  facts: DecisionFacts,
  wishes: DecisionWishes,
): InferredDecision {
  assertOutput(outputs, wishes);
  const label = labelOutput(outputs, facts, wishes);
  const score = scoreOutput(outputs, wishes) ?? wholeOutput(outputs, facts, wishes);
  if (score === undefined && (wishes.threshold !== undefined || wishes.tolerance !== undefined))
    throw new InferDecisionError(
      `--${wishes.threshold === undefined ? 'tolerance' : 'threshold'} is of an output of numbers: say which with --output; there are: ${describe(outputs)}`,
    );
  const byScore = score && scoreDecision(score, label?.name === score.name ? undefined : label, facts, wishes);
  const byLabel = byScore?.decision === undefined && label !== undefined ? labelDecision(label, facts) : undefined;
  const meanings = outputs.map(({ name }): OutputMeaning => {
    if (name === score?.name && (byScore?.decision !== undefined || name !== label?.name))
      return { name, ...byScore!.meaning };
    return { name, meaning: name === label?.name ? 'label' : 'other' };
  });
  const decision = byScore?.decision ?? byLabel?.decision;
  const notes = [...(byScore?.notes ?? []), ...(byLabel?.notes ?? [])];
  if (notes.length === 0) notes.push(`no decision: ${unfit(outputs, wishes)}`);
  assertClasses(meanings, decision);
  return { outputs: meanings, ...(decision === undefined ? {} : { decision }), notes };
}

/** A class is found by its name in records, where `__proto__` is no name. */
function assertClasses(outputs: readonly OutputMeaning[], decision: Decision | undefined): void {
  const own = decision !== undefined && 'classes' in decision ? decision.classes : undefined;
  const found = [...outputs.map(({ classes }) => classes), own].some((classes) => classes?.includes('__proto__'));
  if (found)
    throw new InferDecisionError(
      'a class is called __proto__, which no class can be: rename it in the data, and train and export the model anew',
    );
}

function unfit(outputs: readonly TensorSpec[], { output }: DecisionWishes): string {
  const all = describe(outputs);
  if (output === undefined && outputs.length > 1) return `say which output decides with --output; there are: ${all}`;
  return `${output ?? outputs[0]?.name} has not one text, yes or no, or number a row, and no row of numbers; there are: ${all}`;
}

const describe = (outputs: readonly TensorSpec[]): string =>
  outputs.map(({ name, type, shape }) => `${name} (${type} [${shape}])`).join(', ');

function assertOutput(outputs: readonly TensorSpec[], { output }: DecisionWishes): void {
  if (output !== undefined && !outputs.some(({ name }) => name === output))
    throw new InferDecisionError(
      `no output is named ${output}; there are: ${outputs.map(({ name }) => name).join(', ')}`,
    );
}

/** A float output named like a probability or score, or the only one. */
function scoreOutput(outputs: readonly TensorSpec[], { output }: DecisionWishes): TensorSpec | undefined {
  const floats = outputs.filter(({ type, shape }) => type.startsWith('float') && shape.length <= 2);
  if (output !== undefined) return floats.find(({ name }) => name === output);
  return floats.find(({ name }) => /prob|score/i.test(name)) ?? (floats.length === 1 ? floats[0] : undefined);
}

/**
 * An output of one yes or no a row, or of one whole number that is an amount: the labels are amounts and the graph names
 * no classes, or somebody says so by a tolerance.
 */
function wholeOutput(
  outputs: readonly TensorSpec[],
  { labels, classes }: DecisionFacts,
  { output, tolerance }: DecisionWishes,
): TensorSpec | undefined {
  const single = outputs.filter(({ shape }) => shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  const found = output === undefined && outputs.length === 1 ? single[0] : single.find(({ name }) => name === output);
  if (found === undefined || found.type === 'bool') return found;
  const amounts = labels !== undefined && areAmounts(labels) && classes?.get(found.name) === undefined;
  return /^u?int/.test(found.type) && (amounts || tolerance !== undefined) ? found : undefined;
}

/** An output with a text or a whole number a row that holds the class itself. */
function labelOutput(
  outputs: readonly TensorSpec[],
  { classes }: DecisionFacts,
  { output }: DecisionWishes,
): TensorSpec | undefined {
  const single = outputs.filter(
    ({ type, shape }) => (type === 'string' || /^u?int/.test(type)) && (shape.length < 2 || shape[1] === 1),
  );
  return (
    single.find(({ name }) => name === output) ??
    single.find(({ name }) => classes?.has(name)) ??
    single.find(({ name }) => /label|class/i.test(name)) ??
    (outputs.length === 1 ? single[0] : undefined)
  );
}

/** By an output that holds the class itself: classes are what the graph says it can be, else what the labels are. */
function labelDecision({ name, type }: TensorSpec, facts: DecisionFacts): Omit<ChosenDecision, 'meaning'> {
  const { classes, labels, sample } = facts;
  const decide = (names: readonly (string | number)[], source: string): Omit<ChosenDecision, 'meaning'> => ({
    decision: { task: 'multiclass', output: name, classes: [...names] },
    notes: [`${name} itself decides, between ${listNames(names)} (${source})`],
  });
  const own = classes?.get(name);
  if (own !== undefined && own.length >= 2) {
    const unread = unreadLabels(own, labels);
    const rest = unread.length === 0 ? '' : `; labels such as ${listNames(unread.slice(0, 3))} are none of these`;
    return decide(own, `as the graph names them${rest}`);
  }
  if (labels === undefined) return { notes: [`no decision: --label says between which classes ${name} decides`] };
  if (labels.more || labels.values.length < 2 || areAmounts(labels))
    return {
      notes: [
        `no decision: the labels are no classes that ${name} decides between${/^u?int/.test(type) ? '; --tolerance says that it is an amount' : ''}`,
      ],
    };
  const strange = sample && labelIndices(sample, name, labels.values)?.indexOf(undefined);
  if (strange !== undefined && strange >= 0)
    return {
      notes: [
        `no decision: ${name} answers ${String(sample!.outputs.get(name)!.data[strange])}, and the labels are ${listNames(labels.values)}: write the classes into model.json as ${name} has them`,
      ],
    };
  return decide(labels.values, 'the labels in ascending order, for the graph names none');
}
