import type { Explanation } from '../explain/explanation.ts';
import type { Decision } from '../manifest/decision.ts';
import type { Guards } from '../manifest/guards.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import { halfBits, halfValue } from '../model/half.ts';
import type { TensorData } from '../model/tensor.ts';

type Outputs = Readonly<Record<string, TensorData>>;

/**
 * What callers see of outputs. Names, types and shapes stay, so that clients and every protocol go on as they are.
 * The tensors given are not changed: captures and metrics have the full values.
 */
export type Disclose = (outputs: Outputs) => Outputs;

/** Numbers of a floating-point type as they are carried: float16 by its bits. */
type Floats = Float32Array | Float64Array | Uint16Array;

/**
 * Compiles what a manifest says of rounding and of confidence; undefined where everything may be seen. Whoever copies
 * a model by asking it lives on the confidences: rounding leaves less to solve equations with, and labels alone take many times
 * the queries (Tramèr et al., "Stealing Machine Learning Models via Prediction APIs", USENIX Security 2016, sections 6
 * and 7). It makes copying dearer, not impossible.
 *
 * `round` applies to all outputs of floating-point numbers but labels. `confidence` applies by row and by what an
 * output means:
 *
 * | meaning                           | `top1`                                            | `label-only`                     |
 * | label, value                      | as it is                                          | as it is                         |
 * | probabilities or score of classes | the class decided on; the others not a number     | 1 for that class, 0 for others   |
 * | probability or score alone        | as it is                                          | 1 or 0, as the decision has it   |
 * | other, or not said                | not a number                                      | not a number                     |
 *
 * The class decided on is the decision's of this output where it chooses between two, else the greatest. Not a number
 * is null in JSON.
 */
export function compileDisclosure(
  guards: Pick<Guards, 'round' | 'confidence'> | undefined,
  meanings: readonly OutputMeaning[],
  decision: Decision | undefined,
): Disclose | undefined {
  if (guards === undefined || (guards.round === undefined && guards.confidence === 'full')) return undefined;
  const { round, confidence } = guards;
  const meaningOf = new Map(meanings.map(({ name, meaning }) => [name, meaning]));
  const disclose = (name: string, tensor: TensorData): TensorData => {
    const meaning = meaningOf.get(name) ?? 'other';
    if (meaning === 'label' || !isFloat(tensor)) return tensor;
    const data: Floats = tensor.data.slice();
    const codec = tensor.type === 'float16' ? HALF : PLAIN;
    if (confidence !== 'full') {
      const width = Math.max(1, data.length / Math.max(1, tensor.shape[0] ?? 1));
      const binary = decision?.output === name && decision.task === 'binary' ? decision : undefined;
      if (meaning === 'other') data.fill(codec.write(Number.NaN));
      else if (meaning !== 'value' && width > 1) hideClasses({ data, width }, codec, confidence === 'top1', binary);
      else if (meaning !== 'value' && confidence === 'label-only') hideScores(data, codec, meaning, binary);
    }
    if (round !== undefined)
      for (let i = 0; i < data.length; i++) data[i] = codec.write(rounded(codec.read(data[i]!), round));
    return { ...tensor, data };
  };
  return (outputs) =>
    Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, disclose(name, tensor)]));
}

/** The same of an explanation, whose values would tell the score that they add up to. */
export const roundedExplanation = (explanation: Explanation, decimals: number): Explanation => ({
  ...explanation,
  rows: explanation.rows.map(({ baseValue, value, values, standardErrors, ...of }) => ({
    ...of,
    baseValue: rounded(baseValue, decimals),
    value: rounded(value, decimals),
    values: values.map((each) => rounded(each, decimals)),
    ...(standardErrors && { standardErrors: standardErrors.map((each) => rounded(each, decimals)) }),
  })),
});

/** A number to so many decimals, halves away from zero; one too large to have so many stays as it is. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  const scaled = Math.abs(value) * scale;
  // Never a negative zero: in binary it would tell the sign of what was rounded away.
  return scaled < 2 ** 52 ? (Math.sign(value) * Math.round(scaled)) / scale + 0 : value;
}

interface Codec {
  read(element: number): number;
  write(value: number): number;
}

const PLAIN: Codec = { read: (x) => x, write: (x) => x };
const HALF: Codec = { read: halfValue, write: halfBits };

interface FloatTensor extends TensorData {
  readonly data: Floats;
}

const isFloat = (tensor: TensorData): tensor is FloatTensor => tensor.type.startsWith('float');

type Binary = Extract<Decision, { task: 'binary' }> | undefined;

/** Scores of classes, row after row, each `width` wide. */
interface ClassScores {
  readonly data: Floats;
  readonly width: number;
}

/** Hides all scores but that of the class decided on, which is written as 1 unless its score is to be kept. */
function hideClasses({ data, width }: ClassScores, codec: Codec, keep: boolean, decision: Binary): void {
  const other = codec.write(keep ? Number.NaN : 0);
  for (let from = 0; from < data.length; from += width) {
    const chosen = from + chosenClass(data.subarray(from, from + width), codec, decision);
    for (let i = from; i < from + width; i++) if (i !== chosen) data[i] = other;
    if (!keep) data[chosen] = codec.write(1);
  }
}

function chosenClass(row: Floats, { read }: Codec, decision: Binary): number {
  if (decision !== undefined && row.length === 2) {
    const column = Math.min(decision.column, 1);
    return read(row[column]!) >= decision.threshold ? column : 1 - column;
  }
  let best = 0;
  for (let i = 1; i < row.length; i++) if (!(read(row[i]!) <= read(row[best]!))) best = i;
  return best;
}

/** One number a row: the decision's threshold makes a label of it, a half that of a probability. */
function hideScores(data: Floats, { read, write }: Codec, meaning: OutputMeaning['meaning'], decision: Binary): void {
  const threshold = decision?.threshold ?? (meaning === 'probabilities' ? 0.5 : Number.NaN);
  if (Number.isNaN(threshold)) data.fill(write(Number.NaN));
  else for (let i = 0; i < data.length; i++) data[i] = write(read(data[i]!) >= threshold ? 1 : 0);
}
