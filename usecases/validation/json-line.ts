import type { Contract } from '../../core/contract/contract.ts';
import { VALUE_TYPES } from '../../core/contract/types/types.ts';
import { formatValue } from '../../core/errors/format-value.ts';
import { parseJson } from '../../core/protocols/formats/json.ts';

/** Why a line of JSON is no row. */
export interface BadJsonLine {
  readonly reason: string;
  /** The column whose value is none of its type's, where the others are. */
  readonly column?: string;
  /** Names of the line's values, where it is an object of plain values and one of them is none of its type's. */
  readonly names?: readonly string[];
}

export type JsonLine = { readonly row: Readonly<Record<string, unknown>> } | { readonly bad: BadJsonLine };

/**
 * Reads a line as a request's JSON is read: integers with all their digits, the bare tokens NaN and Infinity, and each
 * value of the kind that its feature's type is made of, so that "5" is no more a number here than there.
 *
 * @param known columns that messages may name
 */
export function readJsonLine(text: string, { features }: Contract, known: readonly string[]): JsonLine {
  if (text.trim() === '') return bad('the line is empty');
  let value: unknown;
  try {
    value = parseJson(text, true);
  } catch {
    return bad('not JSON');
  }
  if (!isObject(value)) return bad('not a JSON object');
  const row = value as Record<string, unknown>;
  const columns = new Set(features.map(({ name }) => name));
  const nested = Object.keys(row).find(
    (name) => !columns.has(name) && (isObject(row[name]) || Array.isArray(row[name])),
  );
  if (nested !== undefined)
    return bad(`${known.includes(nested) ? nested : 'a value'} is nested, expected a plain value`);
  const wrong = features.find(
    ({ name, type }) => Object.hasOwn(row, name) && VALUE_TYPES[type].read(row[name]) === undefined,
  );
  if (wrong !== undefined)
    return { bad: { reason: formatValue(row[wrong.name]), column: wrong.name, names: Object.keys(row) } };
  return { row };
}

const bad = (reason: string): JsonLine => ({ bad: { reason } });

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number);

/** A value of a line as a field of CSV; nothing where it is missing. */
export function csvField(value: unknown): string {
  const plain = value instanceof Number ? value.valueOf() : value;
  if (plain === undefined || plain === null || Number.isNaN(plain)) return '';
  return `"${String(plain).replaceAll('"', '""')}"`;
}
