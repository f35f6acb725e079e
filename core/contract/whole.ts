import { halfBits } from '../model/half.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { TensorData, TensorValues } from '../model/tensor.ts';
import { isBig } from './elements.ts';
import type { BrokenRule, Findings, ViolationSubject } from './findings.ts';
import { fillOpaque } from './opaque.ts';
import type { Pass } from './pass.ts';
import type { FeatureValues } from './raw-tensor.ts';
import type { BoundRule } from './rules/rule.ts';
import { RULES } from './rules/rules.ts';
import { lengthsOf, type RowSummary, rowDigest, summarise, summaryColumns } from './summary.ts';
import type { TensorRule } from './tensor-rule.ts';
import { policyFor } from './violation-policy.ts';

/**
 * Compiles the rules for a whole input to a pass over its rows: one look at each element, which checks and summarises
 * at once. A row breaks a rule once, however many of its elements do.
 */
export function compileWhole(spec: TensorSpec, rule: TensorRule): Pass {
  const rules = wholeRules(rule);
  const shape: BrokenRule = { name: 'shape', allowed: `shape [${(rule.shape ?? []).map(sizeText).join(', ')}]` };
  const columns = summaryColumns(spec, rule);
  return (raw, rows, findings, values) => {
    if (!fits(rule, raw.shape)) findings.add(rules, shape, { value: `[${raw.shape}]`, row: 0, tolerable: false });
    const tensor = fillOpaque(spec, raw);
    const stretches = raw.shape[0] === rows ? rows : 1;
    const length = tensor.data.length / stretches;
    const kept =
      values && columns.map(({ of }): Float64Array | string[] => (of === 'digest' ? [] : new Float64Array(rows)));
    for (let row = 0; row < stretches; row++) {
      const found = checkStretch({ tensor, from: row * length, length, row }, rules, findings);
      if (kept === undefined) continue;
      for (let i = 0; i < columns.length; i++) {
        const { of } = columns[i]!;
        if (of === 'digest') (kept[i] as string[])[row] = rowDigest(tensor.data, row * length, length);
        else (kept[i] as Float64Array)[row] = summaryValue(of, found, length);
      }
    }
    if (kept !== undefined) values!.push(...kept.map((column) => spread(column, stretches, rows)));
    return tensor;
  };
}

type Found = Pick<RowSummary, 'mean' | 'std' | 'min' | 'max'>;

function summaryValue(of: 'size' | 'length' | keyof Found, found: Found, length: number): number {
  if (of === 'size') return length;
  return of === 'length' ? found.mean : found[of];
}

/** A tensor without a row of its own for each row says the same of all. */
function spread(column: Float64Array | string[], stretches: number, rows: number): FeatureValues {
  if (stretches === rows) return column;
  return Array.isArray(column) ? new Array<string>(rows).fill(column[0]!) : column.fill(column[0]!);
}

/** The rules of features that hold for a tensor's elements too, each as it holds there. */
interface WholeRules extends ViolationSubject {
  readonly finite: BoundRule | undefined;
  readonly min: BoundRule | undefined;
  readonly max: BoundRule | undefined;
  readonly maxLength: BoundRule | undefined;
  readonly lowest: number;
  readonly highest: number;
}

function wholeRules({ name, min, max, maxLength, finite, onViolation, personal }: TensorRule): WholeRules {
  const numbers = { name, type: 'float' } as const;
  return {
    name,
    policy: (rule) => policyFor(onViolation, rule),
    personal: personal !== 'no',
    finite: finite ? RULES.finite.of(numbers) : undefined,
    min: RULES.min.of({ ...numbers, min }),
    max: RULES.max.of({ ...numbers, max }),
    maxLength: RULES.maxLength.of({ name, type: 'string', maxLength }),
    lowest: min ?? Number.NEGATIVE_INFINITY,
    highest: max ?? Number.POSITIVE_INFINITY,
  };
}

/** What of a tensor is one row's. */
interface Stretch {
  readonly tensor: TensorData;
  readonly from: number;
  readonly length: number;
  readonly row: number;
}

/** Checks one row, and clamps it where that is wanted. What is captured is what came in. */
function checkStretch(stretch: Stretch, rules: WholeRules, findings: Findings): Found {
  const { tensor, from, length, row } = stretch;
  const { data, type } = tensor;
  const { finite, min, max, maxLength } = rules;
  const report = (name: BrokenRule['name'], { allowed }: BoundRule, value: unknown): void =>
    findings.add(rules, { name, allowed }, { value, row, tolerable: true });
  if (Array.isArray(data)) {
    const lengths = lengthsOf(tensor, from, length);
    if (maxLength?.breaks(lengths.longest)) report('maxLength', maxLength, `${lengths.max} characters`);
    return { mean: lengths.mean, std: Number.NaN, min: Number.NaN, max: lengths.max };
  }
  const found = summarise(data, type === 'float16', from, length);
  if (found.odd > 0 && finite !== undefined)
    report('finite', finite, `${found.odd} not finite, the first at ${found.firstOdd}`);
  // Without a finite element these are NaN, which breaks neither.
  const [low, high] = [min?.breaks(found.min) ?? false, max?.breaks(found.max) ?? false];
  const clamped = { low: low && rules.policy('min') === 'clamp', high: high && rules.policy('max') === 'clamp' };
  if (clamped.low) findings.tolerate(rules, { name: 'min' });
  else if (low) report('min', min!, found.min);
  if (clamped.high) findings.tolerate(rules, { name: 'max' });
  else if (high) report('max', max!, found.max);
  if (clamped.low || clamped.high)
    clamp(data, stretch, {
      lowest: clamped.low ? rules.lowest : Number.NEGATIVE_INFINITY,
      highest: clamped.high ? rules.highest : Number.POSITIVE_INFINITY,
    });
  return found;
}

function clamp(
  data: Exclude<TensorValues, string[]>,
  { tensor, from, length }: Stretch,
  { lowest, highest }: Pick<WholeRules, 'lowest' | 'highest'>,
): void {
  if (isBig(data)) {
    const [low, high] = [
      BigInt(Math.ceil(Math.max(lowest, -(2 ** 63)))),
      BigInt(Math.floor(Math.min(highest, 2 ** 64))),
    ];
    for (let i = from; i < from + length; i++)
      if (data[i]! < low) data[i] = low;
      else if (data[i]! > high) data[i] = high;
    return;
  }
  const numbers = data as Float32Array;
  const half = tensor.type === 'float16';
  // Of float16 the order of bits is not that of numbers: the bounds take the place of what lies beyond them.
  const limit = half ? (x: number): number => halfBits(x) : (x: number): number => x;
  for (let i = from; i < from + length; i++) {
    const { min: x } = half ? summarise(data, true, i, 1) : { min: numbers[i]! };
    if (x < lowest) numbers[i] = limit(lowest);
    else if (x > highest) numbers[i] = limit(highest);
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
