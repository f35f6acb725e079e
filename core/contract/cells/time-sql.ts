import { sqlText } from '../sql-text.ts';
import type { CellParts, CellRule } from './cell-rule.ts';
import { fullMatch, trimmed } from './match-sql.ts';
import { dayOfYearPattern, formatPattern, hasZone, isEpoch } from './time-formats.ts';

const YEAR = '(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])';
const DATE = `${YEAR}-[0-9]{2}-[0-9]{2}`;
const HOUR = '(?:[01][0-9]|2[0-3])';
const MINUTE = '[0-5][0-9]';
/** Six digits are kept; more are no more than zeros. */
const SECOND = String.raw`:${MINUTE}(?:\.[0-9]{1,6}0*)?`;

/** As nearly all of them are written, away from the first and the last of the years. */
const USUAL = String.raw`(?:[1-8][0-9]{3}|9[0-8][0-9]{2})-[0-9]{2}-[0-9]{2}[T ]${HOUR}:${MINUTE}:${MINUTE}(?:\.[0-9]{1,6})?(?:Z|[+-]${HOUR}:${MINUTE})`;
const ZONED = `^(${DATE})[Tt ](${HOUR}:${MINUTE})(${SECOND})?([Zz]|[+-]${HOUR}(?::?${MINUTE})?)$`;
const LOCAL = `^(${DATE})(?:[Tt ](${HOUR}:${MINUTE})(${SECOND})?)?$`;

/** Times of the years 1 to 9999, which is what every reader of datasets knows. */
const FIRST = "'0001-01-01 00:00:00+00:00'::TIMESTAMPTZ";
const BEYOND = "'10000-01-01 00:00:00+00:00'::TIMESTAMPTZ";

/** An instant from text: ISO 8601 with its zone, or as the rule says. */
export function timeText(text: string, { formats = [], zone }: CellRule): CellParts {
  const bare = trimmed(text);
  const times = [
    zonedText(bare),
    ...(zone === undefined ? [] : [inZone(localText(bare), zone)]),
    ...formats.map((format) => formatted(bare, format, zone)),
  ];
  const { value, range } = inYears(`coalesce(${times.join(', ')})`);
  const usual = `regexp_full_match(${text}, ${sqlText(USUAL)})`;
  return { value: `CASE WHEN ${usual} THEN TRY_CAST(${text} AS TIMESTAMPTZ) ELSE ${value} END`, range };
}

/** A time within the years that are kept. */
export function inYears(time: string): CellParts {
  return {
    value: `CASE WHEN ${time} >= ${FIRST} AND ${time} < ${BEYOND} THEN ${time} END`,
    range: `(${time}) IS NOT NULL`,
  };
}

/** A time of a clock in a zone as an instant; null where the clock skipped it, or showed it twice. */
export function inZone(local: string, zone: string): string {
  const name = sqlText(zone);
  const instant = `timezone(${name}, ${local})`;
  const shows = (shift: string): string => `timezone(${name}, ${instant}${shift}) = ${local}`;
  const twice = ['30 MINUTE', '1 HOUR', '2 HOUR'].flatMap((by) => [
    shows(` - INTERVAL ${by}`),
    shows(` + INTERVAL ${by}`),
  ]);
  return `CASE WHEN ${shows('')} AND NOT (${twice.join(' OR ')}) THEN ${instant} END`;
}

/** Digits of an epoch's number that are microseconds. */
const epochScale = (format: string): number => (format === 'epoch-s' ? 6 : 3);

/** Seconds or milliseconds since 1970 as they are kept: rounded to microseconds. */
export const epochNumber = (number: string, format: string): string =>
  `TRY_CAST(${number} AS DECIMAL(38, ${epochScale(format)}))`;

/** Seconds or milliseconds since 1970 as an instant, of a number that has no more than microseconds of them. */
export function epochTime(number: string, format: string): string {
  const unit = 10 ** epochScale(format);
  const exact = epochNumber(number, format);
  return `CASE WHEN abs(${exact}) < ${format === 'epoch-s' ? '1000000000000' : '1000000000000000'} THEN make_timestamptz((${exact} * ${unit})::BIGINT) END`;
}

/** The same from text; null where there is more. */
export function epochText(text: string, format: string): string {
  const digits = String.raw`-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,${epochScale(format)}}0*)?`;
  return `CASE WHEN ${fullMatch(text, digits)} THEN ${epochTime(text, format)} END`;
}

function formatted(bare: string, format: string, zone: string | undefined): string {
  if (isEpoch(format)) return epochText(bare, format);
  const written = `regexp_full_match(${bare}, ${sqlText(formatPattern(format))})${withinYear(bare, format)}`;
  const parsed = `CASE WHEN ${written} THEN try_strptime(${bare}, ${sqlText(format)}) END`;
  return hasZone(format) ? `(${parsed})::TIMESTAMPTZ` : inZone(`(${parsed})`, zone ?? 'UTC');
}

/** Condition, behind another, for a day of the year that the year has: the engine goes on counting in the next. */
function withinYear(bare: string, format: string): string {
  const found = dayOfYearPattern(format);
  if (found === undefined) return '';
  const part = partOf(bare, found.pattern, found.groups);
  const last = `dayofyear(make_date(TRY_CAST(${part('Y')} AS INTEGER), 12, 31))`;
  return ` AND TRY_CAST(${part('j')} AS INTEGER) BETWEEN 1 AND ${last}`;
}

function zonedText(bare: string): string {
  const part = partOf(bare, ZONED, ['day', 'minute', 'second', 'zone']);
  const text = `concat(${part('day')}, ' ', ${part('minute')}, ${secondOf(part('second'))}, upper(${part('zone')}))`;
  return `CASE WHEN ${part('day')} <> '' THEN TRY_CAST(${text} AS TIMESTAMPTZ) END`;
}

function localText(bare: string): string {
  const part = partOf(bare, LOCAL, ['day', 'minute', 'second']);
  const minute = `if(${part('minute')} = '', '00:00', ${part('minute')})`;
  const text = `concat(${part('day')}, ' ', ${minute}, ${secondOf(part('second'))})`;
  return `CASE WHEN ${part('day')} <> '' THEN TRY_CAST(${text} AS TIMESTAMP) END`;
}

const partOf =
  (text: string, pattern: string, names: readonly string[]) =>
  (name: string): string =>
    `struct_extract(regexp_extract(${text}, ${sqlText(pattern)}, [${names.map(sqlText).join(', ')}]), ${sqlText(name)})`;

const secondOf = (part: string): string => `if(${part} = '', ':00', ${part})`;
