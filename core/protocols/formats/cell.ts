import type { FeatureType } from '../../contract/types/value-type.ts';
import type { TensorType } from '../../model/signature.ts';
import { exactNumber, SAFE_DIGITS } from './exact-number.ts';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const EXPONENT = /e/i;
const TRUE = /^(?:true|1)$/i;
const FALSE = /^(?:false|0)$/i;
const MISSING = /^(?:[+-]?nan|null|na)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** What a cell of text is read as. */
export type CellKind = 'string' | 'boolean' | 'number';

/** What cells are that go to an input, as the feature's type says where there is one, else as the input's. */
export function cellKind(input: TensorType, feature?: FeatureType): CellKind {
  const type = feature ?? input;
  if (type === 'string') return 'string';
  return type === 'boolean' || type === 'bool' ? 'boolean' : 'number';
}

/**
 * A value that is written as text, in a cell of CSV or a field of a form, as JSON would have it: null where nothing
 * stands or what pandas writes for a missing value, an integer with all its digits, text as it is. What is none of the
 * kind's values stays text, so that whoever checks the value shows it.
 */
export function cellValue(kind: CellKind, text: string): unknown {
  if (kind === 'string') return text;
  if (kind === 'number' && NUMBER.test(text)) return numberOf(text);
  const word = withoutBlankEnds(text);
  if (MISSING.test(word)) return null;
  if (kind === 'boolean') {
    if (TRUE.test(word)) return true;
    return FALSE.test(word) ? false : text;
  }
  if (NUMBER.test(word)) return numberOf(word);
  const infinite = INFINITE.exec(word);
  if (infinite === null) return text;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Without what the engine of data files takes for blank, and no more. By hand: a pattern would look again from each blank. */
function withoutBlankEnds(text: string): string {
  const isBlank = (at: number): boolean => {
    const code = text.charCodeAt(at);
    return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  };
  let [from, to] = [0, text.length];
  while (from < to && isBlank(from)) from++;
  while (to > from && isBlank(to - 1)) to--;
  return text.slice(from, to);
}

/** So few digits are told apart by a double. */
const numberOf = (text: string): unknown =>
  text.length <= SAFE_DIGITS && !EXPONENT.test(text) ? Number(text) : exactNumber(text);
