import { FLOAT, INFINITE, MISSING_TOKENS, NUMBER, withoutBlanks } from '../../contract/cells/literals.ts';
import type { FeatureType } from '../../contract/types/value-type.ts';
import type { TensorType } from '../../model/signature.ts';
import { isInteger } from '../protocol.ts';
import { exactNumber, SAFE_DIGITS } from './exact-number.ts';

const wholeText = (pattern: string, flags = ''): RegExp => new RegExp(`^(?:${pattern})$`, flags);
const IS_NUMBER = wholeText(NUMBER);
const IS_FLOAT = wholeText(FLOAT);
const IS_INFINITE = wholeText(INFINITE, 'i');
const EXPONENT = /e/i;

/** What a cell of text is read as. */
export type CellKind = 'string' | 'boolean' | 'integer' | 'number';

/** What cells are that go to an input, as the feature's type says where there is one, else as the input's. */
export function cellKind(input: TensorType, feature?: FeatureType): CellKind {
  const type = feature ?? input;
  if (type === 'string') return 'string';
  if (type === 'boolean' || type === 'bool') return 'boolean';
  return type === 'integer' || (feature === undefined && isInteger(input)) ? 'integer' : 'number';
}

/**
 * A value that is written as text, in a cell of CSV or a field of a form, as JSON would have it: null where it is
 * missing, an integer with all its digits, text as it is. What is none of the kind's values stays text, so that whoever
 * checks the value shows it.
 *
 * @param text null where nothing stands, not even quotes
 * @param tokens how a missing number or boolean is written, as the contract says
 */
export function cellValue(kind: CellKind, text: string | null, tokens = MISSING_TOKENS): unknown {
  if (text === null || kind === 'string') return text;
  // A token of the contract's own, such as -999, is asked about before what it would be as a number.
  if (tokens === MISSING_TOKENS && kind !== 'boolean' && IS_NUMBER.test(text)) return numberOf(text);
  const word = withoutBlanks(text);
  if (isMissing(word, tokens)) return null;
  if (kind === 'boolean') return flagOf(word) ?? text;
  if ((kind === 'integer' ? IS_NUMBER : IS_FLOAT).test(word)) return numberOf(word);
  if (!IS_INFINITE.test(word)) return text;
  return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function isMissing(word: string, tokens: readonly string[]): boolean {
  if (word === '') return true;
  const lower = word.toLowerCase();
  return tokens.some((token) => token.toLowerCase() === lower);
}

/** true and false in any capitals, and numbers that are 1 or 0 however they are written; undefined for all others. */
function flagOf(word: string): boolean | undefined {
  const lower = word.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  const number = IS_NUMBER.test(word) ? numberOf(word) : undefined;
  return number === 1 || number === 0 ? number === 1 : undefined;
}

/** So few digits are told apart by a double. */
const numberOf = (text: string): unknown =>
  text.length <= SAFE_DIGITS && !EXPONENT.test(text) ? Number(text) : exactNumber(text);
