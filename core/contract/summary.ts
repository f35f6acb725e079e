import { halfValue } from '../model/half.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';
import { codePoints } from './code-points.ts';
import type { Feature } from './contract.ts';
import type { TensorRule } from './tensor-rule.ts';

/** What one row of a tensor comes down to. */
export interface RowSummary {
  /** Of the finite elements; NaN when there are none. */
  mean: number;
  /** Population standard deviation of the finite elements. */
  std: number;
  min: number;
  max: number;
  /** Elements that are NaN or infinite. */
  odd: number;
  /** Where the first of them is, within the row; -1 when there is none. */
  firstOdd: number;
}

/**
 * Summarises `length` numbers of a tensor from `from` on, in one pass. Deviations are taken from the first element, so
 * that the difference of two large sums loses nothing that matters.
 */
export function summarise(
  values: Exclude<TensorValues, string[]>,
  half: boolean,
  from: number,
  length: number,
): RowSummary {
  let [count, sum, squares, min, max, odd, firstOdd] = [0, 0, 0, Infinity, -Infinity, 0, -1];
  let shift = Number.NaN;
  const halves = half ? halfTable() : undefined;
  for (let i = 0; i < length; i++) {
    const raw = values[from + i]!;
    const x = halves === undefined ? Number(raw) : halves[raw as number]!;
    // NaN and infinities alone differ from themselves when they are taken from themselves.
    if (x - x !== 0) {
      if (odd++ === 0) firstOdd = i;
      continue;
    }
    if (count++ === 0) shift = x;
    if (x < min) min = x;
    if (x > max) max = x;
    const delta = x - shift;
    sum += delta;
    squares += delta * delta;
  }
  if (count === 0) return { mean: NaN, std: NaN, min: NaN, max: NaN, odd, firstOdd };
  const mean = sum / count;
  return { mean: shift + mean, std: Math.sqrt(Math.max(0, squares / count - mean * mean)), min, max, odd, firstOdd };
}

let halves: Float32Array | undefined;

/** All 65,536 float16 numbers by their bits. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 0x1_0000 }, (_, bits) => halfValue(bits));
  return halves;
}

/**
 * 64 bits that tell one row from another, as 16 hexadecimal digits: two FNV-1a hashes over its bytes, four at a time.
 * It finds the same picture sent twice; it is no protection against somebody who makes two of one digest.
 */
export function rowDigest(data: TensorValues, from: number, length: number): string {
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(high ^ word, 0x85ebca6b);
    high ^= high >>> 15;
  };
  if (Array.isArray(data))
    for (let i = from; i < from + length; i++) {
      for (let at = 0; at < data[i]!.length; at++) mix(data[i]!.charCodeAt(at));
      mix(0x1_0000);
    }
  else {
    const bytes = new Uint8Array(
      data.buffer,
      data.byteOffset + from * data.BYTES_PER_ELEMENT,
      length * data.BYTES_PER_ELEMENT,
    );
    const whole = bytes.length & ~3;
    // Put together by hand: a row need not begin where words may.
    for (let i = 0; i < whole; i += 4)
      mix(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    for (let i = whole; i < bytes.length; i++) mix(bytes[i]!);
  }
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return hex(low) + hex(high);
}

/** What is kept of a row, and under which names it is captured. */
export interface SummaryColumn {
  /** Name and type of the column, as the capture, the baseline and drift have it. */
  readonly feature: Feature;
  readonly of: 'mean' | 'std' | 'min' | 'max' | 'size' | 'length' | 'digest';
}

/** Columns of the summary of an input; none of a personal one. */
export function summaryColumns(spec: TensorSpec, rule: TensorRule): SummaryColumn[] {
  if (rule.personal !== 'no') return [];
  // A size that never changes says nothing.
  const free = spec.shape.some((size, axis) => axis > 0 && size === -1);
  const kinds = summaryKinds(spec.type);
  if (free) kinds.push('size');
  kinds.push('digest');
  return kinds.map((of) => ({
    of,
    feature: {
      name: `${spec.name}.${of}`,
      type: of === 'digest' ? 'string' : 'float',
      missing: 'allow',
      onViolation: 'flag',
      personal: 'no',
    },
  }));
}

function summaryKinds(type: TensorSpec['type']): SummaryColumn['of'][] {
  if (type === 'string') return ['length'];
  return type === 'bool' ? ['mean'] : ['mean', 'std', 'min', 'max'];
}

/** Of a row's strings: the longest, its length, and their mean length, in code points. */
export function lengthsOf(
  { data }: TensorData,
  from: number,
  length: number,
): { mean: number; max: number; longest: string } {
  let [sum, max, longest] = [0, 0, ''];
  for (let i = from; i < from + length; i++) {
    const text = data[i] as string;
    const size = codePoints(text);
    sum += size;
    if (size > max) [max, longest] = [size, text];
  }
  return { mean: length === 0 ? Number.NaN : sum / length, max, longest };
}
