import { sqlName } from '../sql-text.ts';
import { numberSchema, numberToJson, readNumber } from './number.ts';
import type { ExactColumn, ValueType } from './value-type.ts';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
/** What an input of this type takes besides, and no column of a dataset holds. */
const HIGHEST_UNSIGNED = 2n ** 64n - 1n;
/** The largest number below 2^63. */
const HIGHEST_NUMBER = 2 ** 63 - 1_024;
/** From here on a double does not tell an integer from its neighbours. */
const UNSAFE = '9007199254740992';

/** Digits without a fraction: what can be taken as it stands, however many they are. */
const DIGITS = String.raw`\s*[+-]?[0-9]+(\.0*)?\s*`;

/**
 * A whole number of 64 bits. A file's column is read as DOUBLE, so that 1.5 is seen rather than rounded and a reference
 * may hold what the contract forbids; the integer itself, with all its digits, is in a column beside it.
 */
const exact: ExactColumn = {
  name: (name) => sqlName(`@exact ${name}`),
  ofNumber: (x) => `CASE WHEN ${x} = trunc(${x}) THEN TRY_CAST(${x} AS BIGINT) END`,
  ofText(text) {
    const double = `TRY_CAST(${text} AS DOUBLE)`;
    return (
      `CASE WHEN abs(${double}) < ${UNSAFE} THEN ${exact.ofNumber(double)} ` +
      `WHEN regexp_full_match(${text}, '${DIGITS}') THEN TRY_CAST(${text} AS BIGINT) END`
    );
  },
  uncertain: (name) => `(isfinite(${sqlName(name)}) AND abs(${sqlName(name)}) >= ${UNSAFE})`,
};

export const integer: ValueType = {
  text: 'an integer',
  read: readNumber,
  accepts(value, input) {
    if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) return false;
    return value >= LOWEST && value <= (input === 'uint64' ? HIGHEST_UNSIGNED : HIGHEST);
  },
  certain: { whole: true, lowest: Number(LOWEST), highest: HIGHEST_NUMBER },
  sql: {
    column: 'DOUBLE',
    dataset: 'BIGINT',
    exact,
    value: exact.name,
    missing: (name) => `${sqlName(name)} IS NULL OR isnan(${sqlName(name)})`,
    wrong: (name) => `${exact.name(name)} IS NULL`,
  },
  openApi: (input) => numberSchema(input, true),
  example: 0,
  toJson: numberToJson,
};
