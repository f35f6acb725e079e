import { halfBits } from '../model/half.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';
import type { FeatureValues, Pass } from './check.ts';
import { fillOpaque, isBig } from './elements.ts';
import type { Findings, Rule } from './rule.ts';
import { lengthsOf, type RowSummary, rowDigest, summarise, summaryColumns } from './summary.ts';
import type { TensorRule } from './tensor-rule.ts';

/**
 * Compiles the rules for a whole input to a pass over its rows: one look at each element, which judges and summarises
 * at once. A row breaks a rule once, however many of its elements do.
 */
export function compileWhole(spec: TensorSpec, rule: TensorRule): Pass {
  const own = ruleOfTensor(rule);
  const columns = summaryColumns(spec, rule);
  return (raw, rows, findings, values) => {
    if (!fits(rule, raw.shape)) findings.add({ ...own, policy: 'reject' }, 'shape', `[${raw.shape}]`, 0, false);
    const tensor = fillOpaque(spec, raw);
    const stretches = raw.shape[0] === rows ? rows : 1;
    const length = tensor.data.length / stretches;
    const kept =
      values && columns.map(({ of }): Float64Array | string[] => (of === 'digest' ? [] : new Float64Array(rows)));
    for (let row = 0; row < stretches; row++) {
      const found = checkElement(tensor, row * length, length, own, row, findings);
      if (kept === undefined) continue;
      for (let i = 0; i < columns.length; i++) {
        const { of } = columns[i]!;
        if (of === 'digest') (kept[i] as string[])[row] = rowDigest(tensor.data, row * length, length);
        else (kept[i] as Float64Array)[row] = of === 'size' ? length : of === 'length' ? found.mean : found[of];
      }
    }
    if (kept !== undefined) values!.push(...kept.map((column) => spread(column, stretches, rows)));
    return tensor;
  };
}

/** A tensor without a row of its own for each row says the same of all. */
function spread(column: Float64Array | string[], stretches: number, rows: number): FeatureValues {
  if (stretches === rows) return column;
  return Array.isArray(column) ? new Array<string>(rows).fill(column[0]!) : column.fill(column[0]!);
}

/** Judges one row, and clamps it where that is wanted. What is captured is what came in. */
function checkElement(
  tensor: TensorData,
  from: number,
  length: number,
  rule: Rule,
  row: number,
  findings: Findings,
): Pick<RowSummary, 'mean' | 'std' | 'min' | 'max'> {
  const { data, type } = tensor;
  if (Array.isArray(data)) {
    const { mean, max } = lengthsOf(tensor, from, length);
    if (max > rule.maxLength) findings.add(rule, 'maxLength', `${max} characters`, row, true);
    return { mean, std: Number.NaN, min: Number.NaN, max };
  }
  const found = summarise(data, type === 'float16', from, length);
  if (found.odd > 0 && !rule.mayMiss)
    findings.add(rule, 'finite', `${found.odd} not finite, the first at ${found.firstOdd}`, row, true);
  if (found.min < rule.min) findings.add(rule, 'min', found.min, row, true);
  if (found.max > rule.max) findings.add(rule, 'max', found.max, row, true);
  if (rule.policy === 'clamp' && (found.min < rule.min || found.max > rule.max))
    clamp(data, type === 'float16', from, length, rule);
  return found;
}

function clamp(
  data: Exclude<TensorValues, string[]>,
  half: boolean,
  from: number,
  length: number,
  { min, max }: Rule,
): void {
  if (isBig(data)) {
    const [low, high] = [BigInt(Math.ceil(Math.max(min, -(2 ** 63)))), BigInt(Math.floor(Math.min(max, 2 ** 64)))];
    for (let i = from; i < from + length; i++)
      if (data[i]! < low) data[i] = low;
      else if (data[i]! > high) data[i] = high;
    return;
  }
  const numbers = data as Float32Array;
  // Of float16 the order of bits is not that of numbers: the bounds take the place of what lies beyond them.
  const limit = half ? (x: number): number => halfBits(x) : (x: number): number => x;
  for (let i = from; i < from + length; i++) {
    const { min: x } = half ? summarise(data, true, i, 1) : { min: numbers[i]! };
    if (x < min) numbers[i] = limit(min);
    else if (x > max) numbers[i] = limit(max);
  }
}

function fits({ shape }: TensorRule, found: readonly number[]): boolean {
  if (shape === undefined) return true;
  if (shape.length !== found.length) return false;
  for (let axis = 0; axis < shape.length; axis++) {
    const allowed = shape[axis]!;
    if (allowed === null) continue;
    const size = found[axis]!;
    if (typeof allowed === 'number' ? size !== allowed : size < (allowed.min ?? 0) || size > (allowed.max ?? Infinity))
      return false;
  }
  return true;
}

const sizeText = (size: NonNullable<TensorRule['shape']>[number]): string => {
  if (size === null) return 'any';
  if (typeof size === 'number') return String(size);
  return size.max === undefined ? `${size.min ?? 0} or more` : `${size.min ?? 0} to ${size.max}`;
};

const ruleOfTensor = (rule: TensorRule): Rule => ({
  feature: rule.name,
  type: 'float',
  mayMiss: !rule.finite,
  integer: false,
  min: rule.min ?? -Infinity,
  max: rule.max ?? Infinity,
  allowed: undefined,
  maxLength: rule.maxLength ?? Infinity,
  policy: rule.onViolation,
  personal: rule.personal !== 'no',
  shape: `[${(rule.shape ?? []).map(sizeText).join(', ')}]`,
});
