import { InputError } from '../../core/contract/input-error.ts';
import type { ExplainedRow, ExplainOptions, RowValues } from '../../core/explain/explanation.ts';
import type { MulticlassDecision } from '../../core/manifest/decision.ts';
import { decidesByLabel, decisionClasses } from '../../core/manifest/decision-classes.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Signature, TensorSpec } from '../../core/model/signature.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { compileScores } from '../../core/serving/decision-scores.ts';
import type { OnnxModel } from '../../platform/onnx/model.ts';
import { rowOutput } from './row-scores.ts';

/** What is explained: one number a row. */
export interface ExplainedOutput {
  readonly output: string;
  /** Column of that output, one a row. */
  readonly columns: readonly number[];
  /** Whether they are those of the classes that were predicted, rather than one for all rows. */
  readonly predicted: boolean;
  /** Names of the classes that the output's columns are of; empty where the manifest has none. */
  readonly classes: readonly string[];
}

interface Explained {
  readonly model: Pick<OnnxModel, 'run'>;
  readonly manifest: Pick<Manifest, 'decision' | 'outputs'>;
  readonly signature: Signature;
}

/** Rows as the model takes them. */
interface ExplainedRows {
  readonly tensors: Record<string, TensorData>;
  readonly rows: number;
}

/** The column that is meant of an output so wide: of two classes the second, which is the positive one. */
const DEFAULT_COLUMNS: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 1],
]);

/**
 * The output and columns that are meant: those asked for, else the decision's, which of several classes is the one
 * predicted, row by row; else the only float output's, or the only output's of numbers, whose second column is the positive class where it has two.
 *
 * The model is run where only that tells which class is predicted, or how many columns there are.
 *
 * @throws InputError when there is no such output, column or class, or which one is not clear
 */
export async function explainedOutputOf(
  explained: Explained,
  { tensors, rows }: ExplainedRows,
  asked: ExplainOptions,
): Promise<ExplainedOutput> {
  const { model, manifest } = explained;
  const { decision, outputs: meanings } = manifest;
  const spec = outputSpec(explained, asked.output);
  const { name: output } = spec;
  const classes = classesOf(explained, output);
  const named = namedColumn(asked, output, classes);
  const own = decision !== undefined && decision.task !== 'multiclass' && decision.output === output;
  const told = named !== undefined || own;
  let width = widthOf(spec);
  const prediction = told ? undefined : predictionOf(explained, output, classes);
  const ofClasses = prediction !== undefined && (prediction.certain || width === undefined || width > 2);
  if (width === undefined || ofClasses) {
    const decides = prediction?.decision.output ?? output;
    const outputs = await model.run(tensors, [...new Set([output, decides])]);
    width = rowOutput(output, outputs[output]!, rows).width;
    if (ofClasses && (prediction.certain || width > 2)) {
      const columns = predictedColumns(prediction.decision, outputs[decides]!, {
        rows,
        width,
        outputs: meanings,
        classes,
      });
      return { output, columns, predicted: true, classes };
    }
  }
  const column = named ?? (own ? Math.min(decision.column, width - 1) : DEFAULT_COLUMNS.get(width));
  if (column === undefined)
    throw new InputError(`output ${output} has ${width} columns: say which one is to be explained`);
  if (column >= width) throw new InputError(`output ${output} has columns 0 to ${width - 1}, received ${column}`);
  return { output, columns: new Array<number>(rows).fill(column), predicted: false, classes };
}

/** Values of rows, with what they are of. */
export const explainedRows = (rows: readonly RowValues[], { columns, classes }: ExplainedOutput): ExplainedRow[] =>
  rows.map((values, i) => {
    const column = columns[i]!;
    const name = classes[column];
    return { column, ...(name === undefined ? {} : { class: name }), ...values };
  });

/** The columns of an output, where the graph says how many. */
function widthOf({ shape }: TensorSpec): number | undefined {
  const sizes = shape.slice(1);
  // A shape that is not known at all is written as that of a scalar.
  return shape.length === 0 || sizes.includes(-1) ? undefined : sizes.reduce((a, b) => a * b, 1);
}

/** @throws InputError when there is no such output of numbers, or none was named and several may be meant */
function outputSpec(explained: Explained, asked: string | undefined): TensorSpec {
  const { manifest, signature } = explained;
  const { decision } = manifest;
  const numeric = signature.outputs.filter(({ type }) => type !== 'string');
  const names = numeric.map(({ name }) => name).join(', ');
  const decided =
    decision?.task === 'multiclass' && decidesByLabel(decision, manifest.outputs)
      ? besideLabel(explained, decision)
      : decision?.output;
  if (numeric.length === 0)
    throw new InputError(
      `every output of the model is text (${signature.outputs.map(({ name }) => name).join(', ')}): only numbers can be explained`,
    );
  const name = asked ?? decided ?? onlyFloat(signature) ?? onlyOne(numeric);
  if (name === undefined) throw new InputError(`say which output is to be explained, one of ${names}`);
  const spec = numeric.find((each) => each.name === name);
  if (spec === undefined) throw new InputError(`there is no output ${name} of numbers, expected one of ${names}`);
  return spec;
}

const onlyFloat = ({ outputs }: Signature): string | undefined =>
  onlyOne(outputs.filter(({ type }) => type.startsWith('float')));

const onlyOne = ([first, second]: readonly TensorSpec[]): string | undefined =>
  second === undefined ? first?.name : undefined;

/** The output with a number for each class, of a decision whose own output is the class itself. */
const besideLabel = ({ manifest, signature }: Explained, { output }: MulticlassDecision): string | undefined =>
  manifest.outputs.find(({ name, meaning }) => meaning === 'probabilities' && name !== output)?.name ??
  manifest.outputs.find(({ name, meaning }) => meaning === 'score' && name !== output)?.name ??
  onlyFloat(signature);

/** Whether an output has the columns that a decision between several classes is about. */
function isOfDecision(explained: Explained, output: string): boolean {
  const { decision, outputs } = explained.manifest;
  if (decision?.task !== 'multiclass') return false;
  return decidesByLabel(decision, outputs) ? besideLabel(explained, decision) === output : decision.output === output;
}

/** Names of the classes that an output's columns are of. */
function classesOf(explained: Explained, output: string): string[] {
  const { decision, outputs } = explained.manifest;
  const own = outputs.find(({ name }) => name === output);
  // Of a label they are what it may be.
  if (own?.meaning === 'label') return [];
  if (own?.classes !== undefined) return own.classes.map(String);
  return decision?.task === 'multiclass' && isOfDecision(explained, output) ? decisionClasses(decision, outputs) : [];
}

/** The column that was asked for, by its number or the name of its class. */
function namedColumn(
  { column, class: name }: ExplainOptions,
  output: string,
  classes: readonly string[],
): number | undefined {
  if (name === undefined) return column;
  if (column !== undefined) throw new InputError('expected a column or a class, and not both');
  const found = classes.indexOf(name);
  if (found !== -1) return found;
  const known =
    classes.length === 0 ? 'it has no names of classes, say which column' : `expected one of ${listed(classes)}`;
  throw new InputError(`output ${output} has no class ${name.slice(0, 100)}: ${known}`);
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;

/** How the class that was predicted is read. */
interface Prediction {
  readonly decision: MulticlassDecision;
  /** Whether the manifest says that it is a class that is predicted; else two columns are yes and no. */
  readonly certain: boolean;
}

/** Undefined where nothing says that the columns of an output are classes. */
function predictionOf(explained: Explained, output: string, classes: readonly string[]): Prediction | undefined {
  const { decision, outputs } = explained.manifest;
  const greatest = { task: 'multiclass', output } as const;
  if (decision?.task === 'multiclass' && isOfDecision(explained, output)) {
    // A label says which column is meant by its name; without names it is the greatest.
    const told = classes.length > 0 && decisionClasses(decision, outputs).length > 0;
    return { decision: told ? decision : greatest, certain: true };
  }
  const probable = outputs.some(({ name, meaning }) => name === output && meaning === 'probabilities');
  return probable || classes.length > 0 ? { decision: greatest, certain: false } : undefined;
}

interface Columns {
  readonly rows: number;
  readonly width: number;
  readonly outputs: Manifest['outputs'];
  readonly classes: readonly string[];
}

/** @throws InputError for a row of which no class was predicted that the output has a column for */
function predictedColumns(
  decision: MulticlassDecision,
  tensor: TensorData,
  { rows, width, outputs, classes }: Columns,
): number[] {
  const found = compileScores(decision, outputs)(tensor, rows);
  const names = decidesByLabel(decision, outputs) ? decisionClasses(decision, outputs) : undefined;
  return Array.from({ length: rows }, (_, row) => {
    const index = found[row] ?? Number.NaN;
    const column = names === undefined ? index : classes.indexOf(names[index] ?? '');
    if (column >= 0 && column < width) return column;
    throw new InputError(
      `output ${decision.output} predicts no class that can be explained in row ${row}: say which column or class is meant`,
    );
  });
}
