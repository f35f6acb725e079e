import { type BinaryDecision, type Decision, RegressionDecision } from '../manifest/decision.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { TensorSpec } from '../model/signature.ts';
import { type ClassNames, nameClasses } from './class-names.ts';
import { areAmounts, type DecisionFacts, listNames } from './decision-facts.ts';
import { InferDecisionError } from './infer-decision-error.ts';
import { areProbabilities, compareDecision, labelIndices, sampledColumns, truthIndices } from './sampled-scores.ts';

export interface DecisionWishes {
  /** Output that is to decide. */
  readonly output?: string | undefined;
  /** Of a binary decision. */
  readonly threshold?: number | undefined;
  /** Of a regression. */
  readonly tolerance?: number | undefined;
}

/** A decision, what its output means, and by what that was told. */
export interface ChosenDecision {
  /** Undefined when none can be made. */
  readonly decision?: Decision;
  readonly meaning: Omit<OutputMeaning, 'name'>;
  /** In sentences. */
  readonly notes: readonly string[];
}

/** A decision that says the same as the graph's label in less than this share of the rows is another one than its. */
const MIN_AGREEMENT = 0.99;

/** The decision that an output of numbers can make; `label` is the output with the graph's own decision, if any. */
export function scoreDecision(
  score: TensorSpec,
  label: TensorSpec | undefined,
  facts: DecisionFacts,
  wishes: DecisionWishes,
): ChosenDecision {
  const output = { score, label, columns: columnsOf(score, facts), facts, wishes };
  const { threshold, tolerance } = wishes;
  if (!Number.isInteger(output.columns))
    return undecided(
      output,
      `output ${score.name} does not answer each row: ${facts.sample!.outputs.get(score.name)!.data.length} values for ${facts.sample!.rows} rows, of which no decision a row can be made`,
    );
  if (tolerance !== undefined) return regression(output, `wrong beyond ${tolerance}, as --tolerance says`);
  if (threshold !== undefined && output.columns > 2)
    throw new InferDecisionError(
      `--threshold is of a decision between two, and output ${score.name} has ${output.columns} columns`,
    );
  if (output.columns === 1) return ofOneColumn(output);
  const { labels } = facts;
  if (labels !== undefined && areAmounts(labels) && facts.classes?.get(score.name) === undefined)
    return undecided(
      output,
      `output ${score.name} has ${output.columns} columns and the labels are amounts: write decision into model.json, with the column that they are of`,
    );
  return ofClasses(output);
}

interface ScoreOutput {
  readonly score: TensorSpec;
  readonly label: TensorSpec | undefined;
  readonly columns: number;
  readonly facts: DecisionFacts;
  readonly wishes: DecisionWishes;
}

/** By its shape, else by the classes that the graph names, else by what it answers. */
function columnsOf({ name, shape }: TensorSpec, { classes, sample }: DecisionFacts): number {
  if (shape.length < 2) return sampledColumns(sample, name) ?? 1;
  return shape[1] !== -1 ? shape[1]! : (classes?.get(name)?.length ?? sampledColumns(sample, name) ?? 1);
}

function regression({ score, wishes: { tolerance } }: ScoreOutput, why: string): ChosenDecision {
  const decision = RegressionDecision.parse({
    task: 'regression',
    output: score.name,
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  return { decision, meaning: { meaning: 'value' }, notes: [`output ${score.name} is an estimate: ${why}`] };
}

function ofOneColumn(output: ScoreOutput): ChosenDecision {
  const { score, facts, wishes } = output;
  const { labels, classes } = facts;
  if (labels !== undefined && areAmounts(labels))
    return regression(output, 'no tolerance is needed to measure its errors; --tolerance says which are wrong');
  const graph = classes?.get(score.name);
  const two = labels?.values.length === 2 && !labels.more ? labels.values : undefined;
  const names = nameClasses(2, graph, labels) ?? (two && { names: two, source: 'the labels in ascending order' });
  if (names !== undefined || wishes.threshold !== undefined) return binary(output, 0, names);
  if (labels?.values.every((value) => typeof value === 'number') && labels.values.length > 2)
    return regression(output, 'it has one column, and the labels are more than two numbers');
  const [what, others] =
    score.type === 'bool' ? ['yes or no', '--threshold 0.5 does'] : ['number', '--threshold or --tolerance do'];
  return undecided(
    output,
    labels === undefined
      ? `output ${score.name} has one ${what} a row: with --label the labels say what it decides, ${others} as well`
      : `output ${score.name} has one ${what} a row, which does not tell the labels ${listNames(labels.values)} apart`,
  );
}

function ofClasses(output: ScoreOutput): ChosenDecision {
  const { score, label, columns, facts } = output;
  const names = nameClasses(columns, facts.classes?.get(score.name), facts.labels);
  if (columns === 2) return binary(output, 1, names);
  if (names === undefined)
    return undecided(
      output,
      `output ${score.name} has ${columns} columns, and ${facts.labels === undefined ? 'no --label says' : `the labels are ${listNames(facts.labels.values)}: that does not say`} what they are of: write their classes into model.json, in outputs`,
    );
  const decision: Decision = { task: 'multiclass', output: score.name, classes: [...names.names] };
  const meaning = { meaning: scoreMeaning(output), classes: [...names.names] };
  const said = `the greatest of ${columns} columns of ${score.name} decides, of ${listNames(names.names)} (${names.source})`;
  return held(output, { decision, meaning, notes: [said] }, label);
}

/** A decision between two by one column; the positive class is the second one. */
function binary(output: ScoreOutput, column: number, names: ClassNames | undefined): ChosenDecision {
  const { score, label, columns, wishes } = output;
  const two = names && ([names.names[0]!, names.names[1]!] as const);
  const own = (threshold: number): BinaryDecision => ({
    task: 'binary',
    output: score.name,
    column,
    threshold,
    ...(two === undefined || columns === 2 ? {} : { classes: [two[0], two[1]] }),
  });
  const decision = own(wishes.threshold ?? likelyThreshold(output, own, two));
  const classes = two && (columns === 2 ? [...two] : [two[1]]);
  const meaning = { meaning: scoreMeaning(output), ...(classes === undefined ? {} : { classes }) };
  const where = columns === 1 ? score.name : `column ${column} of ${score.name}`;
  const said =
    two === undefined
      ? `${where} decides, positive from ${decision.threshold} on; no labels say what that is`
      : `${where} decides, ${two[1]} from ${decision.threshold} on, else ${two[0]} (${names!.source})`;
  const chosen = { decision, meaning, notes: [said] };
  return wishes.threshold === undefined ? held(output, chosen, label) : chosen;
}

/** A half of probabilities; of other scores a half or 0, by which more of what the graph's label or the truth says holds. */
function likelyThreshold(
  { score, label, facts: { sample, classes } }: ScoreOutput,
  own: (threshold: number) => BinaryDecision,
  names: readonly [string | number, string | number] | undefined,
): number {
  if (score.type === 'bool' || sample === undefined || areProbabilities(sample, score.name) !== false) return 0.5;
  const known =
    (label && labelIndices(sample, label.name, classes?.get(label.name) ?? names ?? [])) ??
    (names && truthIndices(sample, names)) ??
    [];
  const same = (threshold: number): number => compareDecision(sample, own(threshold), [], known).same;
  return same(0.5) > same(0) ? 0.5 : 0;
}

/** Keeps a decision that says what the graph's own label does; where it does not, the label is to decide. */
function held({ facts }: ScoreOutput, chosen: ChosenDecision, label: TensorSpec | undefined): ChosenDecision {
  const { sample, classes } = facts;
  const { decision, meaning, notes } = chosen;
  const list = label && classes?.get(label.name);
  if (sample === undefined || label === undefined || list === undefined || decision === undefined) return chosen;
  const { rows, same } = compareDecision(sample, decision, [], labelIndices(sample, label.name, list) ?? []);
  if (rows === 0) return chosen;
  const how = `its ${label.name} says the same in ${same} of ${rows} rows`;
  if (same >= MIN_AGREEMENT * rows) return { ...chosen, notes: [...notes, how] };
  return { meaning, notes: [`${decision.output} does not decide, for ${how}`] };
}

/** Probabilities by what it answers, else by its name. */
function scoreMeaning({ score, facts }: ScoreOutput): 'probabilities' | 'score' {
  if (!score.type.startsWith('float')) return 'score';
  return (areProbabilities(facts.sample, score.name) ?? /prob/i.test(score.name)) ? 'probabilities' : 'score';
}

const undecided = (output: ScoreOutput, why: string): ChosenDecision => ({
  meaning: { meaning: Number.isInteger(output.columns) && output.columns > 1 ? scoreMeaning(output) : 'other' },
  notes: [why],
});
