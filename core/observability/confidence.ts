import type { TensorData } from '../model/tensor.ts';

/** How sure a model is of its classes, one value a row each. */
export interface Confidence {
  /** The largest probability less the second: 0 undecided, 1 certain. */
  readonly margin: readonly number[];
  /** Shannon's entropy over that of even odds: 0 certain, 1 undecided. */
  readonly entropy: readonly number[];
}

/** Elements that are looked at in one request; the rows beyond are left out. */
const MAX_ELEMENTS = 65_536;

/**
 * Margin and entropy of an output of probabilities, where there are three classes or more: of two, the score says it
 * all. Rows that are no distribution are left out.
 *
 * @param rows rows of the request; the output has as many, and one column a class
 */
export function confidenceOf({ type, data, shape }: TensorData, rows: number): Confidence | undefined {
  const classes = shape.length === 2 && shape[0] === rows ? shape[1]! : 0;
  if (classes < 3 || (type !== 'float32' && type !== 'float64')) return undefined;
  const values = data as Float32Array | Float64Array;
  const margin: number[] = [];
  const entropy: number[] = [];
  const looked = Math.min(rows, Math.floor(MAX_ELEMENTS / classes));
  for (let row = 0; row < looked; row++) {
    let [first, second, sum, bits] = [0, 0, 0, 0];
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      const p = values[i]!;
      // A comparison with NaN is false: such a row is left out as well.
      if (!(p >= 0)) {
        sum = Number.NaN;
        break;
      }
      sum += p;
      if (p > 0) bits -= p * Math.log(p);
      if (p > first) [first, second] = [p, first];
      else if (p > second) second = p;
    }
    if (!(Math.abs(sum - 1) < 0.01)) continue;
    margin.push(first - second);
    entropy.push(Math.min(1, Math.max(0, bits / Math.log(classes))));
  }
  return { margin, entropy };
}
