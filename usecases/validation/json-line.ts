import { isUtf8 } from 'node:buffer';
import { formatValue } from '../../core/errors/format-value.ts';
import { type JsonText, parseJsonLine } from '../../core/protocols/formats/json-line.ts';

/** A line of JSON as a row, or what is expected of one instead, and what it has. */
export type JsonLine =
  | { readonly row: Readonly<Record<string, unknown>> }
  | { readonly fault: string; readonly received?: string };

/** Longest line that is read. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Names that a message shows. */
const MAX_NAMED = 5;

/** What is expected of the names of a line. */
export const KNOWN_NAMES = 'only names that the contract knows';

/**
 * Reads a line: numbers as they are written, and the bare tokens NaN and Infinity.
 *
 * @param known names of columns that the contract has; without them, a line may have any
 */
export function readJsonLine(line: Uint8Array, known?: ReadonlySet<string>): JsonLine {
  if (line.length > MAX_BYTES) return { fault: 'a line of at most 2 MiB' };
  if (!isUtf8(line)) return { fault: 'text in UTF-8' };
  let read: JsonText;
  try {
    read = parseJsonLine(lineText(line));
  } catch {
    return { fault: 'JSON' };
  }
  const { value, repeated } = read;
  if (!isObject(value)) return { fault: 'a JSON object' };
  if (repeated !== undefined) return { fault: 'each name once', received: `${formatValue(repeated)} twice` };
  let unknown: string[] | undefined;
  for (const name in value)
    if (known?.has(name) === false) {
      unknown ??= [];
      unknown.push(name);
    }
  return unknown === undefined ? { row: value } : { fault: KNOWN_NAMES, received: named(unknown) };
}

const named = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMED).map(formatValue).join(', ') + (names.length > MAX_NAMED ? `, … (${names.length})` : '');

const lineText = (line: Uint8Array): string => Buffer.from(line.buffer, line.byteOffset, line.length).toString();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Number);
