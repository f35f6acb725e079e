import { normalDecimal } from '../../contract/cells/decimal-sql.ts';
import { NumberLiteral } from '../../contract/cells/number-literal.ts';
import { parseJsonLine } from './json-line.ts';

/** A document has a number that is another once it is read; the message names its place. */
export class LostDigitsError extends Error {
  override readonly name = 'LostDigitsError';
}

/** So many digits are told apart by every reader. */
const LONG_NUMBER = /\d{16}|\d[eE]/;

/**
 * Reads the JSON of a document that people write: a contract, a manifest. An integer beyond 2^53 is refused where a
 * double would stand for another: JSON's readers round it, without a word.
 *
 * @throws SyntaxError when it is no JSON
 * @throws LostDigitsError
 */
export function parseDocument(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (LONG_NUMBER.test(text)) assertKept(parseJsonLine(text).value, '');
  return value;
}

function assertKept(value: unknown, at: string): void {
  if (value instanceof NumberLiteral) {
    const number = Number(value);
    if (Math.abs(number) <= Number.MAX_SAFE_INTEGER || !Number.isFinite(number)) return;
    const { literal } = value;
    if (normalDecimal(literal) === normalDecimal(String(number))) return;
    throw new LostDigitsError(
      `${at}: ${literal} is beyond 2^53, where readers of JSON round: it would become ${number}. ` +
        `A class, and a bound or an allowed value of a feature, is written as a string: "${literal}"`,
    );
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) assertKept(member, at === '' ? key : `${at}.${key}`);
}
