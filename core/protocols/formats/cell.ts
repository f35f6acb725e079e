import type { TensorType } from '../../model/signature.ts';
import { exactNumber } from './exact-number.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUE = /^(?:true|1)$/i;
const FALSE = /^(?:false|0)$/i;
const MISSING = /^(?:nan|null|na)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/**
 * A value that is written as text, in a cell of CSV or a field of a form, as JSON would have it: null where nothing
 * stands or what pandas writes for a missing value, an integer with all its digits, text as it is. What is none of the
 * type's values stays text, so that whoever checks the value shows it.
 */
export function cellValue(type: TensorType, text: string): unknown {
  if (type === 'string') return text;
  const word = text.trim();
  if (MISSING.test(word)) return null;
  if (type === 'bool') {
    if (TRUE.test(word)) return true;
    return FALSE.test(word) ? false : text;
  }
  if (NUMBER.test(word)) return exactNumber(word);
  const infinite = INFINITE.exec(word);
  if (infinite === null) return text;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
