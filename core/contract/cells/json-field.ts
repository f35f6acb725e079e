import { formatValue } from '../../errors/format-value.ts';
import { VALUE_TYPES } from '../types/types.ts';
import type { Value } from '../types/value-type.ts';
import type { CellRule } from './cell-rule.ts';

/** Begins a field whose JSON value is of another kind than the rule's: "5" is no number, 5 is no string. */
export const WRONG_KIND = { text: '\u0001', sql: 'chr(1)' };
/** Begins a text that would begin with one of these marks. */
export const ESCAPED = { text: '\u0002', sql: 'chr(2)' };

/**
 * A JSON value as the field of text that `cellSql` reads with the source `json`; null where it is missing.
 *
 * @param value as a request's JSON is read with all digits kept
 */
export function jsonField(rule: CellRule, value: unknown): string | null {
  const text = fieldText(rule, value);
  return text === undefined ? `${WRONG_KIND.text}${formatValue(value)}` : text;
}

/** Null where it is missing, undefined where it is of another kind. */
function fieldText({ type }: CellRule, value: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'integer':
    case 'float':
    case 'boolean':
      return numberText(type, value);
    case 'string':
      return typeof value === 'string' ? escaped(value) : undefined;
    case 'time':
      return typeof value === 'boolean' || Number.isNaN(value) ? undefined : plainText(value);
    default:
      return Number.isNaN(value) ? null : plainText(value);
  }
}

function numberText(type: 'integer' | 'float' | 'boolean', value: unknown): string | null | undefined {
  if (typeof value === 'boolean') return type === 'boolean' ? String(value) : undefined;
  // A fraction that a double rounds to an integer is none: it is written as it came.
  if (value instanceof Number && type !== 'float') return `${value}`;
  const cell = VALUE_TYPES[type].read(value);
  return cell === null || cell === undefined ? cell : numeral(cell);
}

const numeral = (value: Value): string => (Object.is(value, -0) ? '-0' : String(value));

/** A text, number or boolean as text. */
function plainText(value: unknown): string | undefined {
  if (value instanceof Number) return `${value}`;
  return typeof value === 'object' ? undefined : escaped(String(value));
}

/** What has no UTF-8 is no text. */
function escaped(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined;
  return text.startsWith(WRONG_KIND.text) || text.startsWith(ESCAPED.text) ? `${ESCAPED.text}${text}` : text;
}
