import { shortest } from '../model/decimal.ts';
import { isKept } from '../model/kept-text.ts';
import { wholeOf } from './elements.ts';
import type { FeatureCheck } from './feature-check.ts';
import type { Findings } from './findings.ts';
import type { Cell } from './types/value-type.ts';

/**
 * The passes that check a feature and fill its column of a tensor at once. Each goes down one feature: what the rules
 * are certain of stays in registers, and nothing is allocated; any other value is asked of the rules one by one.
 */
export interface FillColumn<T extends number | bigint | string> {
  readonly check: FeatureCheck<T>;
  readonly data: ArrayLike<unknown>;
  /** Where the feature's first value is read and written. */
  readonly from: number;
  /** Distance to the next row in either. */
  readonly step: number;
  readonly rows: number;
  readonly findings: Findings;
}

/** A column of numbers. */
export interface FillNumbers<T extends number | bigint> extends FillColumn<T> {
  /** Receives the values as they came, for the capture, densely from `keptFrom`. */
  readonly kept: Float64Array | undefined;
  readonly keptFrom: number;
  /** Receives the values that no double holds, by row; made when there is one. */
  large?: Map<number, bigint>;
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
 * Fills a column of numbers. In floats a missing value becomes NaN, and a value that is flagged goes in as it is, NaN
 * when it is no number; integers and booleans take nothing but what they have an element for, whatever the policy.
 */
export function fillNumbers(column: FillNumbers<number>, tensor: NumberTensor): void {
  const { check, data, from, step, rows, kept, keptFrom } = column;
  const { whole, values } = check.certain;
  const plain = !whole && values === undefined;
  // A binary float32 stands for the decimal it was made of, in rules and in what is kept: a value on a bound, or on a
  // bin's edge, must not fall beside it. Half a step off a bound the two cannot be on different sides.
  const single = data instanceof Float32Array;
  const [lowest, highest] = single ? inward(check.certain) : [check.certain.lowest, check.certain.highest];
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    if (
      typeof value === 'number' &&
      value >= lowest &&
      value <= highest &&
      (plain || isCertain(check, value, single))
    ) {
      tensor[at] = value;
      if (kept !== undefined) kept[keptFrom + row] = single ? shortest(value) : value;
    } else tensor[at] = askNumber(column, value, row);
  }
}

/** Whether a number within the bounds is one of the values, where there are any, else whether it is whole. */
const isCertain = ({ certain: { values } }: FeatureCheck<number>, value: number, single: boolean): boolean =>
  values === undefined ? Number.isInteger(value) : !single && values.has(value);

/** Bounds further in by more than half a step of a float32. */
const inward = ({ lowest, highest }: { readonly lowest: number; readonly highest: number }): [number, number] => [
  Number.isFinite(lowest) ? lowest + Math.abs(lowest) * 2 ** -23 + 2 ** -149 : lowest,
  Number.isFinite(highest) ? highest - Math.abs(highest) * 2 ** -23 - 2 ** -149 : highest,
];

/** Asks the rules about a value, and keeps it as it came. */
function askNumber(column: FillNumbers<number>, value: unknown, row: number): number {
  const { check, data, findings, kept, keptFrom } = column;
  const { booleans, missing } = check.certain;
  if ((missing && value === null) || (booleans && typeof value === 'boolean')) {
    const x = value === null ? Number.NaN : Number(value);
    if (kept !== undefined) kept[keptFrom + row] = x;
    return x;
  }
  // A binary float32 stands for the decimal that it was made of, as it would in JSON.
  const raw = data instanceof Float32Array ? shortest(value as number) : value;
  const cell = check.read(raw);
  if (kept !== undefined) kept[keptFrom + row] = Number(cell ?? Number.NaN);
  return check.check(raw, cell, row, findings);
}

/** Fills a column of 64-bit integers, every digit kept. */
export function fillBigs(column: FillNumbers<bigint>, tensor: BigInt64Array | BigUint64Array): void {
  const { check, data, from, step, rows, findings, kept } = column;
  const { lowest, highest, values } = check.certain;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    const x = wholeOf(value);
    if (x !== undefined && (values === undefined ? x >= lowest && x <= highest : values.has(x))) {
      tensor[at] = x;
      if (kept !== undefined) keep(column, row, x);
      continue;
    }
    const cell = check.read(value);
    if (kept !== undefined) keep(column, row, cell);
    tensor[at] = check.check(value, cell, row, findings);
  }
}

function keep(column: FillNumbers<bigint>, row: number, value: Cell | undefined): void {
  const number = Number(value ?? Number.NaN);
  column.kept![column.keptFrom + row] = number;
  if (typeof value !== 'bigint' || Math.abs(number) <= Number.MAX_SAFE_INTEGER) return;
  column.large ??= new Map();
  column.large.set(row, value);
}

/** Fills a column of strings. A missing value (null) becomes ''. */
export function fillStrings(column: FillColumn<string>, tensor: string[], kept: string[] | undefined): void {
  const { check, data, from, step, rows, findings } = column;
  const { maxUnits, values } = check.certain;
  for (let row = 0, at = from; row < rows; row++, at += step) {
    const value = data[at];
    if (typeof value === 'string') {
      if (kept !== undefined) kept[row] = value;
      const within = values === undefined ? value.length <= maxUnits && isKept(value) : values.has(value);
      if (within) {
        tensor[at] = value;
        continue;
      }
    } else if (kept !== undefined) kept[row] = '';
    tensor[at] = check.check(value, check.read(value), row, findings);
  }
}
