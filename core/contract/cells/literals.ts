/**
 * How numbers are written, in the syntax that JavaScript's regular expressions and RE2 share. Requests as JSON, as CSV
 * and as forms, and data files of all formats read by these; the table for people is docs/cells.md.
 */

/** JSON's grammar of numbers (RFC 8259): no plus, no leading zero, a digit on either side of the point. */
export const NUMBER = String.raw`-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`;

/** Of floats in text, a point may also be first or last. */
export const FLOAT = String.raw`-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`;

/** Whatever its capitals. */
export const INFINITE = '-?inf(?:inity)?';

/**
 * Characters around a number, a boolean, a time or a missing token that are no part of it. Never `\s` for them: RE2's has
 * no vertical tab, JavaScript's has no-break spaces and byte order marks as well.
 */
export const BLANKS = ' \t\n\v\f\r';

/** Any number of them. */
export const BLANK_RUN = `[${[...BLANKS].map((blank) => `\\x${blank.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}]*`;

/** A text without the blanks around it. By hand: a pattern would look again from each blank. */
export function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && BLANKS.includes(text[from]!)) from++;
  while (to > from && BLANKS.includes(text[to - 1]!)) to--;
  return text.slice(from, to);
}

/** How a missing number, boolean or time is written besides nothing at all, whatever its capitals. */
export const MISSING_TOKENS: readonly string[] = ['NaN', 'NA', 'NULL'];
