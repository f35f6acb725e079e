import type { Decision, MulticlassDecision } from '../manifest/decision.ts';
import { decidesByLabel, decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { shortest } from '../model/decimal.ts';
import { halfValue } from '../model/half.ts';
import type { TensorData } from '../model/tensor.ts';

/**
 * Scores of a decision's output, one a row: what captures hold, and what ground truth is held against. Of a binary
 * decision it is the probability or score of the positive class, of a regression the value, of several classes the
 * index of the one that was decided on (one past the last for a label that is none of them). What is not a number is
 * NaN: a label that is missing, probabilities of which one is not finite.
 */
export type ScoreReader = (output: TensorData, rows: number) => number[];

/** Compiles how a decision reads its output. Of one that has not as many rows as were asked about nothing is known. */
export function compileScores(decision: Decision, outputs: readonly OutputMeaning[]): ScoreReader {
  const read = compileReader(decision, outputs);
  return (output, rows) =>
    (output.shape[0] ?? 1) === rows ? read(output, rows) : new Array<number>(rows).fill(Number.NaN);
}

function compileReader(decision: Decision, outputs: readonly OutputMeaning[]): ScoreReader {
  if (decision.task === 'multiclass')
    return decidesByLabel(decision, outputs) ? labelReader(decision, outputs) : greatestColumn;
  return (output, rows) => {
    if (output.type === 'string') return [];
    const width = Math.max(1, output.data.length / rows);
    const column = Math.min(decision.column, width - 1);
    const read = numbersOf(output);
    const scores = new Array<number>(rows);
    for (let row = 0; row < rows; row++) scores[row] = shortest(read(row * width + column));
    return scores;
  };
}

function labelReader(decision: MulticlassDecision, outputs: readonly OutputMeaning[]): ScoreReader {
  const classes = decisionClasses(decision, outputs);
  const index = new Map(classes.map((name, i) => [name, i]));
  return ({ data }, rows) =>
    Array.from({ length: rows }, (_, row) => {
      const label = String(data[row]);
      return label === '' || label === 'NaN' ? Number.NaN : (index.get(label) ?? classes.length);
    });
}

function greatestColumn(output: TensorData, rows: number): number[] {
  if (output.type === 'string') return [];
  const width = Math.max(1, output.data.length / rows);
  const read = numbersOf(output);
  const scores = new Array<number>(rows);
  for (let row = 0; row < rows; row++) scores[row] = greatestOf(read, row * width, width);
  return scores;
}

/** Index of the greatest of some elements, the first of equals; NaN where one of them is not finite. */
function greatestOf(read: (at: number) => number, from: number, width: number): number {
  let best = 0;
  for (let column = 0; column < width; column++) {
    const value = read(from + column);
    if (!Number.isFinite(value)) return Number.NaN;
    if (value > read(from + best)) best = column;
  }
  return best;
}

/** Elements as numbers; float16 is carried by its bits. */
function numbersOf({ type, data }: TensorData): (at: number) => number {
  return type === 'float16' ? (at) => halfValue(Number(data[at])) : (at) => Number(data[at]);
}
