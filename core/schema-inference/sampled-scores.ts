import { classNamed } from '../contract/cells/class-literal.ts';
import type { Decision } from '../manifest/decision.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { TensorData } from '../model/tensor.ts';
import type { ClassList } from '../onnx/class-lists.ts';
import { compileScores } from '../serving/decision-scores.ts';
import type { ReferenceSample } from './decision-facts.ts';

/** How far the probabilities of a row may add up to something else than 1. */
const SUM_TOLERANCE = 1e-3;

/** Columns of an output by its answers; undefined without rows, no whole number where it does not answer each. */
export function sampledColumns(sample: ReferenceSample | undefined, output: string): number | undefined {
  const tensor = sample?.outputs.get(output);
  return sample === undefined || tensor === undefined || sample.rows === 0
    ? undefined
    : tensor.data.length / sample.rows;
}

/**
 * Whether an output gives probabilities: of 0 to 1, and of several columns 1 in all. NaN says nothing.
 *
 * @returns undefined without an answer to go by
 */
export function areProbabilities(sample: ReferenceSample | undefined, output: string): boolean | undefined {
  const tensor = sample?.outputs.get(output);
  const columns = sampledColumns(sample, output);
  if (tensor === undefined || columns === undefined || !Number.isInteger(columns) || tensor.type === 'string')
    return undefined;
  const values = numbersOf(tensor);
  let known = false;
  for (let row = 0; row < sample!.rows; row++) {
    const own = values.slice(row * columns, (row + 1) * columns);
    if (own.some((value) => Number.isNaN(value))) continue;
    known = true;
    if (own.some((value) => value < 0 || value > 1)) return false;
    if (columns > 1 && Math.abs(own.reduce((sum, value) => sum + value, 0) - 1) > SUM_TOLERANCE) return false;
  }
  return known ? true : undefined;
}

/** Indices of the classes that an output of labels answers with; undefined where one is none of them. */
export function labelIndices(
  { outputs }: ReferenceSample,
  output: string,
  names: ClassList,
): (number | undefined)[] | undefined {
  const tensor = outputs.get(output);
  if (tensor === undefined) return undefined;
  const texts = names.map(String);
  return Array.from(tensor.data as ArrayLike<unknown>, (value) => {
    const index = texts.indexOf(String(value));
    return index < 0 ? undefined : index;
  });
}

/** Indices of the classes that are true; undefined where that is not known. */
export function truthIndices({ truths = [] }: ReferenceSample, names: ClassList): (number | undefined)[] {
  const texts = names.map(String);
  return truths.map((truth) => {
    const named = truth === null ? undefined : classNamed(texts, truth);
    return named === undefined ? undefined : texts.indexOf(named);
  });
}

/** Of how many rows something is known, and in how many a decision says the same. */
export interface DecisionComparison {
  readonly rows: number;
  readonly same: number;
}

/** Holds a decision against the index of a class in each row: of a binary one 1 where it is positive. */
export function compareDecision(
  sample: ReferenceSample,
  decision: Decision,
  outputs: readonly OutputMeaning[],
  indices: readonly (number | undefined)[],
): DecisionComparison {
  const tensor = sample.outputs.get(decision.output);
  if (tensor === undefined) return { rows: 0, same: 0 };
  const scores = compileScores(decision, outputs)(tensor, sample.rows);
  let [rows, same] = [0, 0];
  for (const [row, score] of scores.entries()) {
    const index = indices[row];
    if (index === undefined || !Number.isFinite(score)) continue;
    rows++;
    const decided = decision.task === 'binary' ? Number(score >= decision.threshold) : score;
    if (decided === index) same++;
  }
  return { rows, same };
}

const numbersOf = ({ data }: TensorData): number[] => Array.from(data as ArrayLike<unknown>, Number);
