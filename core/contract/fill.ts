import { shortest } from '../model/decimal.ts';
import type { Range } from './elements.ts';
import type { Findings, Rule } from './rule.ts';

/**
 * The passes that check a feature and fill its column of a tensor at once. Each goes down one feature: the rules stay
 * in registers, and nothing is allocated. `from` and `to` are where the feature's first value is read and written,
 * `step` the distance to the next row in either; `kept`, where it is given, receives the value as it came, for the
 * capture, densely from `keptFrom`.
 */
export interface FillColumn {
  readonly rule: Rule;
  readonly data: ArrayLike<unknown>;
  readonly from: number;
  readonly step: number;
  readonly rows: number;
  readonly findings: Findings;
}

export type NumberTensor =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/**
 * Fills a column of numbers. A missing value becomes NaN. A value that is flagged goes in as it is, NaN when it is no
 * number. Integer tensors (`lowest` <= x <= `highest`) take whole numbers of their range only, whatever the policy.
 */
export function fillNumbers(
  column: FillColumn,
  tensor: NumberTensor,
  integral: Range<number> | undefined,
  kept: Float64Array | undefined,
  keptFrom: number,
): void {
  const { rule, data, from, step, rows, findings } = column;
  const { min, max, allowed, integer } = rule;
  // What came as a binary float32 is kept as the decimal it was made of: a value on a bin's edge must not fall beside it.
  const single = data instanceof Float32Array;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    let x: number;
    if (typeof value === 'number') x = value;
    else if (value === null) x = Number.NaN;
    else if (typeof value === 'boolean' && rule.type === 'boolean') x = value ? 1 : 0;
    else if (typeof value === 'bigint') x = Number(value);
    // Written with a fraction or an exponent, where that is told apart.
    else if (value instanceof Number && integral === undefined) x = value.valueOf();
    else {
      findings.add(rule, 'type', value, row, integral === undefined);
      tensor[at] = Number.NaN;
      if (kept !== undefined) kept[keptFrom + row] = Number.NaN;
      continue;
    }
    if (kept !== undefined) kept[keptFrom + row] = single ? shortest(x) : x;
    if (x >= min && x <= max && !integer && allowed === undefined && integral === undefined) {
      if (rule.type === 'boolean' && x !== 0 && x !== 1) findings.add(rule, 'type', value, row, true);
      tensor[at] = x;
      continue;
    }
    tensor[at] = judge(rule, x, value, row, integral, findings);
  }
}

/** The slow way round: everything but a plain number within plain bounds. Gives the value for the tensor. */
function judge(
  rule: Rule,
  x: number,
  value: unknown,
  row: number,
  integral: Range<number> | undefined,
  findings: Findings,
): number {
  if (Number.isNaN(x)) {
    if (!rule.mayMiss) findings.add(rule, 'missing', value, row, integral === undefined);
    return x;
  }
  if (integral !== undefined && !(Number.isInteger(x) && x >= integral.lowest && x <= integral.highest)) {
    findings.add(rule, 'type', value, row, false);
    return 0;
  }
  if (rule.type === 'boolean' && x !== 0 && x !== 1) findings.add(rule, 'type', value, row, integral === undefined);
  if (rule.integer && !Number.isInteger(x)) findings.add(rule, 'type', value, row, true);
  else if (x < rule.min) {
    findings.add(rule, 'min', value, row, true);
    if (rule.policy === 'clamp') return rule.min;
  } else if (x > rule.max) {
    findings.add(rule, 'max', value, row, true);
    if (rule.policy === 'clamp') return rule.max;
  }
  if (rule.allowed !== undefined && !rule.allowed.has(x)) findings.add(rule, 'allowed', value, row, true);
  return x;
}

/** Fills a column of 64-bit integers, every digit kept. */
export function fillBigs(
  column: FillColumn,
  tensor: BigInt64Array | BigUint64Array,
  range: Range<bigint>,
  kept: Float64Array | undefined,
  keptFrom: number,
): void {
  const { rule, data, from, step, rows, findings } = column;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    const x = wholeOf(value);
    if (kept !== undefined) kept[keptFrom + row] = x === undefined ? Number.NaN : Number(x);
    if (x === undefined || x < range.lowest || x > range.highest) {
      const missing = value === null || (typeof value === 'number' && Number.isNaN(value));
      findings.add(rule, missing ? 'missing' : 'type', value, row, false);
      continue;
    }
    tensor[at] = x;
    if (x < rule.min) {
      findings.add(rule, 'min', value, row, true);
      if (rule.policy === 'clamp') tensor[at] = BigInt(Math.ceil(rule.min));
    } else if (x > rule.max) {
      findings.add(rule, 'max', value, row, true);
      if (rule.policy === 'clamp') tensor[at] = BigInt(Math.floor(rule.max));
    }
    if (rule.allowed !== undefined && !rule.allowed.has(Number(x))) findings.add(rule, 'allowed', value, row, true);
  }
}

/** A value as a whole number; undefined when it is none. Numbers beyond 2^53 have lost digits and are none. */
export function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** Fills a column of booleans as 0 and 1: true and false, or 0 and 1 where they come as bytes. */
export function fillBooleans(
  column: FillColumn,
  tensor: Uint8Array,
  kept: Float64Array | undefined,
  keptFrom: number,
): void {
  const { rule, data, from, step, rows, findings } = column;
  const bytes = data instanceof Uint8Array;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    if (value === true || (bytes && value === 1)) tensor[at] = 1;
    else if (value !== false && !(bytes && value === 0))
      findings.add(rule, value === null ? 'missing' : 'type', value, row, false);
    if (kept !== undefined) kept[keptFrom + row] = tensor[at]!;
  }
}

/** ONNX Runtime's strings stop at NUL: what would be cut off in silence is refused. */
export const hasNul = (text: string): boolean => text.includes('\0');

/** Fills a column of strings. A missing value (null, or nothing between the quotes) becomes ''. */
export function fillStrings(column: FillColumn, tensor: string[], kept: string[] | undefined): void {
  const { rule, data, from, step, rows, findings } = column;
  const { allowed, maxLength } = rule;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    let text = '';
    if (typeof value === 'string') {
      text = value;
      if (hasNul(text)) findings.add(rule, 'type', text, row, false);
    } else if (value !== null) findings.add(rule, 'type', value, row, true);
    if (kept !== undefined) kept[row] = text;
    if (text === '') {
      if (!rule.mayMiss && (value === null || value === '')) findings.add(rule, 'missing', value, row, true);
    } else if (text.length > maxLength) {
      findings.add(rule, 'maxLength', value, row, true);
      if (rule.policy === 'clamp') text = text.slice(0, maxLength);
    } else if (allowed !== undefined && !allowed.has(text)) findings.add(rule, 'allowed', value, row, true);
    tensor[at] = text;
  }
}
