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

/** Characters around a number, a boolean, a time or a missing token that are no part of it. */
export const BLANKS = ' \t\n\v\f\r';

/** How a missing number, boolean or time is written besides nothing at all, whatever its capitals. */
export const MISSING_TOKENS: readonly string[] = ['NaN', 'NA', 'NULL'];
