import type { Decision } from '../manifest/decision.ts';
import { decidesByLabel, decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { isProbability } from '../manifest/quality-of.ts';
import { halfValue } from '../model/half.ts';
import type { TensorData } from '../model/tensor.ts';

/** Classes whose probabilities are captured, at most; of more, only the one that was decided on is. */
export const MAX_CAPTURED_CLASSES = 100;

/** What a capture has of the outputs; see Capture. */
export interface CapturedOutputs {
  readonly scores?: ArrayLike<number> | undefined;
  /** Row-major, rows x classes. */
  readonly probabilities?: Float64Array | undefined;
  readonly labels?: ArrayLike<number> | undefined;
}

/** How a version's outputs are captured. */
export interface OutputReader {
  /** Output with the probabilities, which has to be there to be captured; undefined where none are. */
  readonly probabilities: string | undefined;
  /** Classes whose probabilities are captured; 0 for none. */
  readonly classes: number;
  /** @param scores the decision's, as ScoreReader gives them */
  read(outputs: Readonly<Record<string, TensorData>>, rows: number, scores: readonly number[]): CapturedOutputs;
}

/** The output whose columns are probabilities of a decision's classes, and which column is whose. */
interface ClassColumns {
  readonly output: string;
  /** Column of each class, in the order of the decision's classes. */
  readonly columns: readonly number[];
  /** Whether the greatest of them is what is decided. */
  readonly decisive: boolean;
}

/**
 * Compiles what captures hold of the outputs: of a binary decision and a regression the score; of several classes the
 * probabilities, and the class that was decided on wherever these do not say it.
 */
export function compileOutputReader(decision: Decision | undefined, outputs: readonly OutputMeaning[]): OutputReader {
  const none = { probabilities: undefined, classes: 0 };
  if (decision === undefined) return { ...none, read: () => ({}) };
  if (decision.task !== 'multiclass') return { ...none, read: (_, __, scores) => ({ scores }) };
  const found = classColumns(decision, outputs);
  if (found === undefined) return { ...none, read: (_, __, labels) => ({ labels }) };
  return {
    probabilities: found.output,
    classes: found.columns.length,
    read(given, rows, labels) {
      const probabilities = given[found.output] && readColumns(given[found.output]!, rows, found.columns);
      if (probabilities === undefined) return { labels };
      return found.decisive ? { probabilities } : { probabilities, labels };
    },
  };
}

function classColumns(
  decision: Extract<Decision, { task: 'multiclass' }>,
  outputs: readonly OutputMeaning[],
): ClassColumns | undefined {
  const classes = decisionClasses(decision, outputs);
  if (classes.length > MAX_CAPTURED_CLASSES) return undefined;
  if (!decidesByLabel(decision, outputs)) {
    if (!isProbability(decision, outputs)) return undefined;
    return { output: decision.output, columns: classes.map((_, i) => i), decisive: true };
  }
  const beside = outputs.find(({ meaning }) => meaning === 'probabilities');
  if (beside === undefined) return undefined;
  // Without names of its own its columns are in the order of the decision's.
  const names = beside.classes?.map(String) ?? classes;
  const columns = classes.map((name) => names.indexOf(name));
  if (names.length !== classes.length || columns.includes(-1)) return undefined;
  return { output: beside.name, columns, decisive: false };
}

/** Undefined for an output that has another number of columns than there are classes. */
function readColumns({ type, data }: TensorData, rows: number, columns: readonly number[]): Float64Array | undefined {
  const width = columns.length;
  if (type === 'string' || data.length !== rows * width) return undefined;
  const read = new Float64Array(rows * width);
  for (let row = 0, at = 0; row < rows; row++)
    for (let i = 0; i < width; i++, at++) {
      const value = data[row * width + columns[i]!]!;
      read[at] = type === 'float16' ? halfValue(Number(value)) : Number(value);
    }
  return read;
}
