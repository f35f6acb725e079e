import { formatValue } from '../../errors/format-value.ts';
import type { CellRule, ColumnType } from './cell-rule.ts';
import { NumberLiteral } from './number-literal.ts';

/** Begins a field whose JSON value is of another kind than the rule's: "5" is no number, 5 is no string. */
export const WRONG_KIND = { text: '\u0001', sql: 'chr(1)' };
/** Begins a text that would begin with one of these marks. */
export const ESCAPED = { text: '\u0002', sql: 'chr(2)' };

/**
 * A JSON value as the field of text that `cellSql` reads with the source `json`; null where it is missing. A number is
 * its own text, so that it is read as the same text in CSV.
 *
 * @param value as `parseJsonLine` reads it
 */
export function jsonField({ type }: CellRule, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = fieldText(type, value);
  return text === undefined ? `${WRONG_KIND.text}${formatValue(value)}` : text;
}

/** Null where it is missing, undefined where it is of another kind. */
function fieldText(type: ColumnType, value: unknown): string | null | undefined {
  if (value instanceof NumberLiteral) return type === 'string' ? undefined : value.literal;
  switch (typeof value) {
    // NaN or an infinity.
    case 'number':
      if (Number.isNaN(value)) return type === 'string' || type === 'time' ? undefined : null;
      return type === 'string' ? undefined : String(value);
    case 'boolean':
      return BOOLEANS.has(type) ? String(value) : undefined;
    case 'string':
      return NUMBERS.has(type) ? undefined : escaped(value);
    default:
      return undefined;
  }
}

/** Types that are made of true and false. */
const BOOLEANS: ReadonlySet<ColumnType> = new Set(['boolean', 'class', 'any']);
/** Types that are not made of text. */
const NUMBERS: ReadonlySet<ColumnType> = new Set(['integer', 'float', 'boolean']);

/** What has no UTF-8 is no text. */
function escaped(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined;
  return text.startsWith(WRONG_KIND.text) || text.startsWith(ESCAPED.text) ? `${ESCAPED.text}${text}` : text;
}
