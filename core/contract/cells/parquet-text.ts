import { isDecimalType, isFractionalType, isInstantType, isNumberType } from './parquet-types.ts';

/** From here on a whole number is more than a single float holds, and written with an exponent. */
const BEYOND_SINGLE = `'${2n ** 128n}'::DOUBLE`;

/**
 * The text of a double, which is the only one that it has anywhere: all digits of a whole number below 2^128, of any other
 * the shortest decimal that reads back to it, as ECMAScript writes it (Number::toString): 0.000001, 1e-7, 1e+40. -0 keeps
 * its sign, infinities are those of JSON lines, and NaN is null, for it is missing.
 *
 * @param column expression of a DOUBLE
 */
export function doubleText(column: string): string {
  const digits = `TRY_CAST(abs(${column}) AS UHUGEINT)::VARCHAR`;
  // The engine writes an exponent from 1e-5 down, of two digits at least.
  const text = `${column}::VARCHAR`;
  const zeros = (exponent: number): string =>
    String.raw`regexp_replace(${text}, '^(-?)(\d)(?:\.(\d+))?e.*$', '\10.${'0'.repeat(exponent - 1)}\2\3')`;
  return (
    `CASE WHEN isnan(${column}) THEN NULL ` +
    `WHEN isinf(${column}) THEN if(${column} > 0, 'Infinity', '-Infinity') ` +
    `WHEN ${column} = trunc(${column}) AND abs(${column}) < ${BEYOND_SINGLE} THEN if(signbit(${column}), '-', '') || ${digits} ` +
    `WHEN abs(${column}) >= 1e-4 THEN ${text} ` +
    `WHEN abs(${column}) >= 1e-5 THEN ${zeros(5)} ` +
    `WHEN abs(${column}) >= 1e-6 THEN ${zeros(6)} ` +
    `ELSE replace(${text}, 'e-0', 'e-') END`
  );
}

/**
 * The text of a Parquet column's value: of an id, a label or an extra column without a type, and of what is exported.
 *
 * @param column expression of the column, of a type that is not nested
 */
export function parquetText(column: string, type: string): string {
  if (isFractionalType(type)) return doubleText(`${column}::DOUBLE`);
  // The engine leaves out the zero before the point where the type has no digit for it.
  if (isDecimalType(type)) return String.raw`regexp_replace(${column}::VARCHAR, '^(-?)\.', '\10.')`;
  // A zone as nearly all times are written, whatever the unit: what is finer than is kept has that text as well.
  if (isInstantType(type)) return String.raw`regexp_replace(${column}::VARCHAR, '([+-][0-9]{2})$', '\1:00')`;
  return `${column}::VARCHAR`;
}

/** The same as a value of JSON lines, which reads back as the same text. */
export function parquetJson(column: string, type: string): string {
  const text = parquetText(column, type);
  const json = isNumberType(type) || type === 'BOOLEAN' ? text : `to_json(${text})::VARCHAR`;
  return `coalesce(${json}, 'null')`;
}
