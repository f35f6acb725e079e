import type { FeatureType } from '../../contract/types/value-type.ts';
import type { TensorType } from '../../model/signature.ts';
import { exactNumber } from './exact-number.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
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
  const word = text.trim();
  if (MISSING.test(word)) return null;
  if (kind === 'boolean') {
    if (TRUE.test(word)) return true;
    return FALSE.test(word) ? false : text;
  }
  if (NUMBER.test(word)) return exactNumber(word);
  const infinite = INFINITE.exec(word);
  if (infinite === null) return text;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
