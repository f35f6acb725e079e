import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../core/protocols/formats/json.ts';

/** A line of JSON as a row, or what is expected of one instead. */
export type JsonLine = { readonly row: Readonly<Record<string, unknown>> } | { readonly fault: string };

/** Longest line that is read. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Reads a line as a request's JSON is read: integers with all their digits, and the bare tokens NaN and Infinity.
 */
export function readJsonLine(line: Uint8Array): JsonLine {
  if (line.length > MAX_BYTES) return { fault: 'a line of at most 2 MiB' };
  if (!isUtf8(line)) return { fault: 'text in UTF-8' };
  let value: unknown;
  try {
    value = parseJson(lineText(line), true);
  } catch {
    return { fault: 'JSON' };
  }
  return isObject(value) ? { row: value } : { fault: 'a JSON object' };
}

const lineText = (line: Uint8Array): string => Buffer.from(line.buffer, line.byteOffset, line.length).toString();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number);
