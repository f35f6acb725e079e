import type { CellParts, CellRule } from './cell-rule.ts';
import { within64 } from './integer-sql.ts';
import { parquetText } from './parquet-text.ts';
import { isDecimalType, isFractionalType, isInstantType, isIntegerType, isNumberType } from './parquet-types.ts';
import { isEpoch } from './time-formats.ts';
import { epochNumber, epochText, epochTime, inYears, inZone } from './time-sql.ts';

const TEXT = /^(?:VARCHAR|ENUM)/;
const LOCAL_TIME = /^(?:TIMESTAMP(?:_S|_MS|_NS)?|DATE)$/;
const NESTED = /\[|^(?:STRUCT|MAP|UNION|LIST)|^(?:BLOB|BIT)/;

/** Digits that the engine keeps of a decimal; one of more it takes for a double, and misreads. */
const DECIMAL_DIGITS = 38;

/** Whether a Parquet column is of decimals that cannot be read. */
export const isTooPrecise = (type: string): boolean => Number(/^DECIMAL\((\d+)/.exec(type)?.[1] ?? 0) > DECIMAL_DIGITS;

/** Whether the values of a Parquet column can be the rule's, without guessing; a file with one that cannot is refused. */
export function fitsParquet(rule: CellRule, type: string): boolean {
  // Nothing but nulls is missing in a column of any type.
  if (type === 'NULL') return true;
  if (isTooPrecise(type)) return false;
  switch (rule.type) {
    case 'float':
    case 'integer':
      return isNumberType(type);
    case 'boolean':
      // As in a request, 1 and 0 are true and false, and false is no number.
      return type === 'BOOLEAN' || isNumberType(type);
    case 'string':
      return TEXT.test(type);
    case 'time':
      if (isNumberType(type)) return rule.formats?.some(isEpoch) ?? false;
      return isInstantType(type) || TEXT.test(type) || (rule.zone !== undefined && LOCAL_TIME.test(type));
    default:
      return !NESTED.test(type);
  }
}

/** Whether a column is text to be read as a field of CSV is; that of any other type is a value already. */
export const isParquetText = ({ type: own }: CellRule, type: string): boolean =>
  TEXT.test(type) || own === 'any' || own === 'class';

/** Condition for a cell that is not null and missing nevertheless; undefined where none is. */
export const missingParquet = (column: string, type: string): string | undefined =>
  isFractionalType(type) ? `isnan(${column})` : undefined;

/** A cell of a Parquet column that is no text. */
export function parquetParts(rule: CellRule, column: string, type: string): CellParts {
  const missing = missingParquet(column, type);
  switch (rule.type) {
    case 'integer':
      return { ...integerParts(column, type, rule.inputType === 'uint64'), missing };
    case 'boolean':
      if (type === 'BOOLEAN') return { value: column };
      return { value: `CASE WHEN ${column} = 1 THEN true WHEN ${column} = 0 THEN false END`, missing };
    case 'time':
      return timeParts(rule, column, type);
    default: {
      const double = asDouble(column, type);
      const infinite = `isinf(${column})`;
      return isFractionalType(type)
        ? { value: `CASE WHEN isfinite(${column}) THEN ${double} END`, missing, range: infinite }
        : { value: double };
    }
  }
}

function integerParts(column: string, type: string, unsigned: boolean): CellParts {
  if (isIntegerType(type)) return { value: within64(column, unsigned), range: 'true' };
  const whole = `${column} = trunc(${column})`;
  return {
    value: `CASE WHEN ${whole} THEN ${within64(column, unsigned)} END`,
    range: `isfinite(${column}::DOUBLE) AND ${whole}`,
  };
}

/** A number as requests have it: a decimal is rounded to a double once, which the engine's own cast is not. */
const asDouble = (column: string, type: string): string =>
  isDecimalType(type) ? `${column}::VARCHAR::DOUBLE` : `${column}::DOUBLE`;

function timeParts({ formats = [], zone }: CellRule, column: string, type: string): CellParts {
  if (isNumberType(type)) {
    const format = formats.find(isEpoch)!;
    if (isIntegerType(type)) return inYears(epochTime(column, format));
    // A decimal has all digits of its scale, as a text may have them.
    if (isDecimalType(type)) return inYears(epochText(parquetText(column, type), format));
    // Of a double, no more than the decimal that it stands for.
    const text = `${column}::VARCHAR`;
    const kept = `CASE WHEN ${epochNumber(text, format)}::VARCHAR::${type} = ${column} THEN ${epochTime(text, format)} END`;
    return { ...inYears(kept), missing: `isnan(${column})` };
  }
  if (isInstantType(type)) return inYears(`${column}::TIMESTAMPTZ`);
  const local = `TRY_CAST(${column} AS TIMESTAMP)`;
  // What is finer than is kept would be cut off.
  const exact = type === 'TIMESTAMP_NS' ? `CASE WHEN epoch_ns(${column}) % 1000 = 0 THEN ${local} END` : local;
  return inYears(inZone(exact, zone!));
}
