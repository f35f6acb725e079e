/** What a terminal would act on, or show as another order of the text than it has: controls, and marks of direction. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text on one line, with escapes instead of what would reach the terminal as a command: `\u001b[2J`. */
const escaped = (text: string): string =>
  text.replace(UNPRINTABLE, (char) => ESCAPES[char] ?? `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`);

/** Text of several lines, each escaped. */
export const printableLines = (text: string): string => text.split('\n').map(escaped).join('\n');

/**
 * A view as it may be printed: every name and value that is text is escaped, line breaks too, for they would make lines
 * that no program wrote.
 */
export function printable<V>(view: V): V {
  return printableValue(view) as V;
}

const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));

function printableValue(value: unknown): unknown {
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value)) return value.map(printableValue);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [escaped(key), printableValue(each)]));
}
