import { shortest } from '../../model/decimal.ts';
import { halfValue } from '../../model/half.ts';
import type { TensorData } from '../../model/tensor.ts';

/** The classification extension's question to one output. */
export interface Classification {
  /** Classes that are wanted; fewer come where there are fewer. */
  readonly count: number;
  /** Whether the first axis counts rows, each with classes of its own. */
  readonly byRow: boolean;
  /** Names of the classes, by index; may be empty. */
  readonly labels: readonly string[];
}

/**
 * The highest values of an output with their indices, as a tensor of BYTES `value:index[:label]` of shape [rows, n], or
 * [n] without rows. Among equals the lower index goes first, and what is no number goes last.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
export function classified(tensor: TensorData, { count, byRow, labels }: Classification): TensorData {
  const { shape, data } = tensor;
  const rows = byRow ? (shape[0] ?? 1) : 1;
  const width = rows === 0 ? 0 : data.length / rows;
  const wanted = Math.min(count, width);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: width }, (_, i) => valueAt(tensor, row * width + i));
    const order = [...values.keys()].sort((a, b) => descending(values[a]!, values[b]!) || a - b);
    for (const index of order.slice(0, wanted)) {
      const label = labels[index];
      texts.push(`${textOf(values[index]!)}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  return { type: 'string', shape: byRow ? [rows, wanted] : [wanted], data: texts };
}

function valueAt({ type, data }: TensorData, at: number): number | bigint {
  const value = data[at] as number | bigint;
  if (type === 'float16') return halfValue(value as number);
  return type === 'float32' ? shortest(value as number) : value;
}

function descending(a: number | bigint, b: number | bigint): number {
  const [noA, noB] = [Number.isNaN(a), Number.isNaN(b)];
  if (noA || noB) return Number(noA) - Number(noB);
  if (a > b) return -1;
  return a < b ? 1 : 0;
}

/** As C writes numbers, and the clients of other servers read them. */
function textOf(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}
