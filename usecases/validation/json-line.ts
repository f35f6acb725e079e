import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../core/protocols/formats/json.ts';

/** A line of JSON as a row, or what is expected of one instead. */
export type JsonLine = { readonly row: Readonly<Record<string, unknown>> } | { readonly fault: string };

/** Longest line that is read. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Reads a line as a request's JSON is read: integers with all their digits, and the bare tokens NaN and Infinity.
 *
 * @param known names of columns that the contract has
 */
export function readJsonLine(line: Uint8Array, known: ReadonlySet<string>): JsonLine {
  if (line.length > MAX_BYTES) return { fault: 'a line of at most 2 MiB' };
  if (!isUtf8(line)) return { fault: 'text in UTF-8' };
  let value: unknown;
  try {
    value = parseJson(lineText(line), true);
  } catch {
    return { fault: 'JSON' };
  }
  if (!isObject(value)) return { fault: 'a JSON object' };
  // Of a column that the contract has, the rule of its type is asked; such a line has slipped in from elsewhere.
  for (const name in value)
    if (!known.has(name) && (Array.isArray(value[name]) || isObject(value[name]))) return { fault: 'plain values' };
  return { row: value };
}

const lineText = (line: Uint8Array): string => Buffer.from(line.buffer, line.byteOffset, line.length).toString();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number);
