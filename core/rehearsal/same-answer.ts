import { halfValue } from '../model/half.ts';
import type { TensorType } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';

/** By how much two runs of one graph may differ: other processors add up in another order. */
interface Tolerance {
  /** Share of the number itself. */
  readonly relative: number;
  /** Share of the largest number of the tensor: what is left of large ones that cancel each other out. */
  readonly ofLargest: number;
}

/** About 1,000 steps of each type; what is not in here has to be equal. */
const TOLERANCES: Partial<Readonly<Record<TensorType, Tolerance>>> = {
  float16: { relative: 1e-2, ofLargest: 1e-3 },
  float32: { relative: 1e-3, ofLargest: 1e-5 },
  float64: { relative: 1e-6, ofLargest: 1e-9 },
};

/**
 * What differs between two answers of one output, in words; undefined when they are the same: floats within what
 * processors differ by, everything else exactly. NaN is NaN.
 */
export function answerMismatch(expected: TensorData, found: TensorData): string | undefined {
  if (expected.type !== found.type) return `is ${found.type}, expected ${expected.type}`;
  if (expected.shape.join() !== found.shape.join())
    return `has shape [${found.shape.join(', ')}], expected [${expected.shape.join(', ')}]`;
  const tolerance = TOLERANCES[expected.type];
  const read = readerOf(expected.type);
  const most = tolerance === undefined ? 0 : largest(expected, read);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [read(expected.data[i]!), read(found.data[i]!)];
    if (isSame(a, b, tolerance, most)) continue;
    return `is ${shown(b)} at element ${i}, expected ${shown(a)}`;
  }
  return undefined;
}

type Element = number | bigint | string;

const readerOf = (type: TensorType): ((element: Element) => Element) =>
  type === 'float16' ? (bits) => halfValue(Number(bits)) : (element) => element;

function largest({ data }: TensorData, read: (element: Element) => Element): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(Number(read(data[i]!)));
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}

function isSame(a: Element, b: Element, tolerance: Tolerance | undefined, most: number): boolean {
  if (a === b) return true;
  if (tolerance === undefined || typeof a !== 'number' || typeof b !== 'number') return false;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= tolerance.relative * Math.abs(a) + tolerance.ofLargest * most;
}

const shown = (element: Element): string => (typeof element === 'string' ? JSON.stringify(element) : String(element));
