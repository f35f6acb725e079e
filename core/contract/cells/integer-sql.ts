import { sqlInteger, sqlText } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { NUMBER } from './literals.ts';
import { fullMatch } from './match-sql.ts';

const LOWEST = -(2n ** 63n);
const HIGHEST_UNSIGNED = 2n ** 64n - 1n;

/** Type that integers are kept as; of 64 unsigned bits with room for the signed ones, which a rule refuses. */
export const integerType = (unsigned: boolean): 'BIGINT' | 'HUGEINT' => (unsigned ? 'HUGEINT' : 'BIGINT');

/** An integer from an expression that may be larger; null beyond 64 bits. */
export function within64(expression: string, unsigned: boolean): string {
  const cast = `TRY_CAST(${expression} AS ${integerType(unsigned)})`;
  if (!unsigned) return cast;
  return `CASE WHEN ${cast} BETWEEN ${sqlInteger(LOWEST)} AND ${sqlInteger(HIGHEST_UNSIGNED)} THEN ${cast} END`;
}

/** An integer from text: nearly all are as the engine itself writes them, which is asked first because it is cheap. */
export function integerText(text: string, unsigned: boolean): CellParts {
  const plain = within64(text, unsigned);
  const number = fullMatch(text, NUMBER);
  return {
    value:
      `CASE WHEN (${plain})::VARCHAR = ${text} THEN ${plain} ` +
      `WHEN ${fullMatch(text, String.raw`-?(?:0|[1-9][0-9]*)(?:\.0+)?`)} ` +
      `THEN ${within64(`regexp_extract(${text}, '-?[0-9]+')`, unsigned)} ` +
      `WHEN ${number} THEN ${within64(wholeText(text), unsigned)} END`,
    range: `${number} AND ${isWhole(text)}`,
  };
}

/** The digits of the integer that a number's text stands for, however it is written; null where it is none. */
export const wholeText = (text: string): string => {
  const { sign, digits, shift } = decimalOf(text);
  return (
    `CASE WHEN NOT ${isWhole(text)} THEN NULL WHEN ${isZero(digits)} THEN '0' ` +
    // More zeros than any type has digits are beyond all of them, however many there are.
    `WHEN ${shift} >= 0 THEN concat(${sign}, ${digits}, repeat('0', least(${shift}, 40))) ` +
    `ELSE concat(${sign}, left(${digits}, length(${digits}) + ${shift})) END`
  );
};

function isWhole(text: string): string {
  const { digits, shift } = decimalOf(text);
  return (
    `(${isZero(digits)} OR ${shift} >= 0 OR ` +
    `(${shift} > -length(${digits}) AND ${isZero(`right(${digits}, -${shift})`)}))`
  );
}

const isZero = (digits: string): string => `regexp_full_match(${digits}, '0*')`;

/** A decimal in text: its sign, its digits before and behind the point, and its exponent. */
const DECIMAL = String.raw`\s*(-?)([0-9]*)(?:\.([0-9]*?)0*)?(?:[eE]([+-]?[0-9]+))?\s*`;

/** Without a sub-query, behind which the engine would not keep the order of the rows; it works out equal parts once. */
function decimalOf(text: string): { sign: string; digits: string; shift: string } {
  const part = (name: string): string =>
    `struct_extract(regexp_extract(${text}, ${sqlText(`^${DECIMAL}$`)}, ['sign', 'before', 'after', 'exponent']), '${name}')`;
  const digits = `concat(${part('before')}, ${part('after')})`;
  const given = part('exponent');
  const beyond = `if(starts_with(${given}, '-'), -1000000000, 1000000000)`;
  const exponent = `if(${given} = '', 0, coalesce(TRY_CAST(${given} AS INTEGER), ${beyond})::BIGINT)`;
  return { sign: part('sign'), digits, shift: `(${exponent} - length(${part('after')}))` };
}
