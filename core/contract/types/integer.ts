import { RESERVED_PREFIX, sqlInteger, sqlName } from '../sql-text.ts';
import { numberSchema, numberToJson, readNumber } from './number.ts';
import type { ExactColumn, ValueType } from './value-type.ts';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
/** What an input of this type takes besides. */
const HIGHEST_UNSIGNED = 2n ** 64n - 1n;
/** The largest number below 2^63. */
const HIGHEST_NUMBER = 2 ** 63 - 1_024;
/** From here on a double does not tell an integer from its neighbours. */
const UNSAFE = '9007199254740992';

/** A decimal in text: its sign, its digits before and behind the point, and its exponent. */
const DECIMAL = String.raw`\s*([+-]?)([0-9]*)(?:\.([0-9]*?)0*)?(?:[eE]([+-]?[0-9]+))?\s*`;

/**
 * A whole number of 64 bits. A file's column is read as DOUBLE, so that 1.5 is seen rather than rounded and a reference
 * may hold what the contract forbids; the integer itself, with all its digits, is in a column beside it.
 *
 * @param cast SQL type that holds them
 */
const exactColumn = (cast: 'BIGINT' | 'HUGEINT'): ExactColumn => ({
  name: exactName,
  ofNumber: (x) => `CASE WHEN ${x} = trunc(${x}) THEN TRY_CAST(${x} AS ${cast}) END`,
  ofText: (text) => wholeText(text, cast),
  uncertain: (name) => `(isfinite(${sqlName(name)}) AND abs(${sqlName(name)}) >= ${UNSAFE})`,
});

const exactName = (name: string): string => sqlName(`${RESERVED_PREFIX} ${name}`);

/** The integer that a text is a decimal of, however it is written (`5`, `5.0`, `5e0`); null where there is none. */
function wholeText(text: string, cast: string): string {
  // Within the query they stand beside the file's own columns.
  const [parts, digits, shift] = ['parts', 'digits', 'shift'].map((name) => sqlName(`${RESERVED_PREFIX} ${name}`));
  const extracted = `regexp_extract(${text}, '^${DECIMAL}$', ['sign', 'before', 'after', 'exponent'])`;
  const exponent = `if(${parts}.exponent = '', 0, TRY_CAST(${parts}.exponent AS INTEGER))`;
  const integer = (of: string): string => `TRY_CAST(concat(${parts}.sign, ${of}) AS ${cast})`;
  // Behind the point no zero is last: a shift to the right is over zeros before it only.
  return (
    `(SELECT CASE WHEN ${digits} = '' THEN NULL WHEN regexp_full_match(${digits}, '0*') THEN 0 ` +
    `WHEN ${shift} >= 0 THEN ${integer(`${digits}, repeat('0', least(${shift}, 40))`)} ` +
    `WHEN ${shift} > -length(${digits}) AND regexp_full_match(right(${digits}, -${shift}), '0*') ` +
    `THEN ${integer(`left(${digits}, length(${digits}) + ${shift})`)} END ` +
    `FROM (SELECT ${parts}, concat(${parts}.before, ${parts}.after) AS ${digits}, ` +
    `${exponent} - length(${parts}.after) AS ${shift} FROM (SELECT ${extracted} AS ${parts})))`
  );
}

export const integer: ValueType = {
  text: 'an integer',
  read: (raw) => (raw instanceof Number ? undefined : readNumber(raw)),
  accepts(value, input) {
    if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) return false;
    return value >= LOWEST && value <= (input === 'uint64' ? HIGHEST_UNSIGNED : HIGHEST);
  },
  certain: { whole: true, lowest: Number(LOWEST), highest: HIGHEST_NUMBER },
  sqlOf: (input) => ({
    column: 'DOUBLE',
    // What a column of 64 signed bits does not hold is read with more of them first.
    dataset: input === 'uint64' ? 'UBIGINT' : 'BIGINT',
    exact: exactColumn(input === 'uint64' ? 'HUGEINT' : 'BIGINT'),
    value: exactName,
    missing: (name) => `${sqlName(name)} IS NULL OR isnan(${sqlName(name)})`,
    wrong: (name) =>
      input === 'uint64'
        ? `${exactName(name)} IS NULL OR ${exactName(name)} NOT BETWEEN ${sqlInteger(LOWEST)} AND ${sqlInteger(HIGHEST_UNSIGNED)}`
        : `${exactName(name)} IS NULL`,
  }),
  openApi: (input) => numberSchema(input, true),
  example: 0,
  toJson: numberToJson,
};
