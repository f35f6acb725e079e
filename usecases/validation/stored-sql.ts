/** Bytes from the least significant on as hexadecimal digits that the engine reads a number from. */
const littleEndian = (blob: string, from: number, to: number): string => {
  const bytes = Array.from({ length: to - from }, (_, i) => `substr(hex(${blob}), ${2 * (to - 1 - i) + 1}, 2)`);
  return `('0x' || ${bytes.join(' || ')})`;
};

/** Units of stored times in nanoseconds. */
export const UNITS = { MILLIS: 1_000_000, MICROS: 1_000, NANOS: 1 } as const;

const NANOS_OF_DAY = '86400000000000::HUGEINT';
/** Julian day of 1970-01-01. */
const EPOCH_DAY = 2_440_588;

/** Nanoseconds since 1970 from the twelve bytes of an INT96: nanoseconds of a day, and its Julian number. */
export const int96Nanos = (blob: string): string =>
  `(${littleEndian(blob, 0, 8)}::UBIGINT::HUGEINT + (${littleEndian(blob, 8, 12)}::BIGINT - ${EPOCH_DAY}) * ${NANOS_OF_DAY})`;

/** The text of a time with all of its digits, as the engine writes those that it keeps; beyond its times the number itself. */
export function timestampText(nanos: string, zoned: boolean): string {
  const rest = `((${nanos} % 1000 + 1000) % 1000)`;
  const kept = `make_timestamp(((${nanos} - ${rest}) // 1000)::BIGINT)`;
  const text =
    `CASE WHEN ${rest} = 0 THEN ${kept}::VARCHAR ` +
    `ELSE rtrim(strftime(${kept}, '%Y-%m-%d %H:%M:%S.%f') || lpad(${rest}::VARCHAR, 3, '0'), '0') END`;
  return `coalesce(TRY((${text})${zoned ? " || '+00:00'" : ''}), (${nanos})::VARCHAR || ' ns since 1970')`;
}

/** The same of a time of day. */
export function timeOfDayText(nanos: string, zoned: boolean): string {
  const second = `make_timestamp((${nanos} // 1000000000 * 1000000)::BIGINT)`;
  const rest = `(${nanos} % 1000000000)`;
  const fraction = `CASE WHEN ${rest} = 0 THEN '' ELSE '.' || rtrim(lpad(${rest}::VARCHAR, 9, '0'), '0') END`;
  const text = `CASE WHEN ${nanos} BETWEEN 0 AND ${NANOS_OF_DAY} THEN strftime(${second}, '%H:%M:%S') || ${fraction}${zoned ? " || '+00'" : ''} END`;
  return `coalesce(${text}, (${nanos})::VARCHAR || ' ns of a day')`;
}

/** Stands ahead of bytes that are no text, in SQL: no column takes a text with NUL. */
export const BYTES_MARK = 'chr(0) || chr(1)';

/** Bytes as text; those that are no UTF-8 as the engine writes bytes, behind a mark. */
export const utf8Text = (blob: string): string => `coalesce(TRY(decode(${blob})), ${BYTES_MARK} || ${blob}::VARCHAR)`;

/** Values of an object of JSON that are bytes behind the mark. No quote within a value follows a colon. */
const MARKED = /(?<=:)"\\u0000\\u0001((?:[^"\\]|\\.)*)"/g;

/** A row as JSON, with U+FFFD in the places of bytes that are no text. */
export const withReplacements = (json: string): string =>
  json.replace(MARKED, (_, written: string) => {
    const bytes = (JSON.parse(`"${written}"`) as string).replace(/\\x([0-9A-F]{2})/g, (__, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return JSON.stringify(Buffer.from(bytes, 'latin1').toString('utf8'));
  });

/** From here on a binary16 number has no fraction. */
const HALF_WHOLE = 1024;

/**
 * A binary16 number as the shortest decimal that reads back to it, as requests have it, as long as it has a fraction. Of two decimals
 * as near, printing takes the even one, which at 2^-6 alone does not read back, for below it numbers are closer together.
 */
export function halfDecimalSql(column: string): string {
  const exact = `${column}::DOUBLE`;
  const decimals = [0, 1, 2, 3, 4].map((behind) => {
    const decimal = `printf('%.${behind}e', ${exact})::DOUBLE`;
    const step = `pow(2, greatest(floor(log2(abs(${decimal}))), -14) - 10)`;
    return `WHEN round_even(${decimal} / ${step}, 0) * ${step} = ${exact} THEN ${decimal}`;
  });
  return `CASE WHEN NOT isfinite(${column}) OR ${column} = 0 OR abs(${column}) >= ${HALF_WHOLE} THEN ${exact} WHEN abs(${exact}) = 0.015625 THEN sign(${exact}) * 0.01563 ${decimals.join(' ')} ELSE ${exact} END`;
}

/** From here on a single float has no fraction. */
const SINGLE_WHOLE = 2 ** 23;

/**
 * The same of a single float. The engine's own text of one is its shortest decimal but where it lies half-way between two
 * that are shorter: that text has all its digits, and the even one of the two is meant. Of whole numbers it is not exact.
 */
export function singleDecimalSql(column: string): string {
  const exact = `${column}::DOUBLE`;
  const text = `${column}::VARCHAR`;
  const even = `round_even(${exact}, (length(${text}) - strpos(${text}, '.') - 1)::INTEGER)`;
  return (
    `CASE WHEN abs(${column}) >= ${SINGLE_WHOLE} THEN ${exact} ` +
    `WHEN ${text}::DOUBLE = ${exact} AND NOT contains(${text}, 'e') AND TRY_CAST(${even} AS FLOAT) = ${column} THEN ${even} ` +
    `ELSE ${text}::DOUBLE END`
  );
}
