import { bigRange } from '../integer-range.ts';
import { sqlInteger, sqlText } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { NUMBER } from './literals.ts';
import { fullMatch } from './match-sql.ts';

const { lowest: LOWEST } = bigRange('int64')!;
const { highest: HIGHEST_UNSIGNED } = bigRange('uint64')!;

/** Type that integers are kept as; of 64 unsigned bits with room for the signed ones, which a rule refuses. */
export const integerType = (unsigned: boolean): 'BIGINT' | 'HUGEINT' => (unsigned ? 'HUGEINT' : 'BIGINT');

/** An integer from an expression that may be larger; null beyond 64 bits. */
export function within64(expression: string, unsigned: boolean): string {
  const cast = `TRY_CAST(${expression} AS ${integerType(unsigned)})`;
  if (!unsigned) return cast;
  return `CASE WHEN ${cast} BETWEEN ${sqlInteger(LOWEST)} AND ${sqlInteger(HIGHEST_UNSIGNED)} THEN ${cast} END`;
}

/**
 * An integer from text: nearly all are as the engine itself writes them, which is asked first because it is cheap.
 *
 * @param hold says where the engine's cast is at hand, which is asked about more than once
 */
export function integerText(text: string, unsigned: boolean, hold: (cast: string) => string): CellParts {
  const plain = hold(within64(text, unsigned));
  return {
    value:
      `CASE WHEN (${plain})::VARCHAR = ${text} THEN ${plain} ` +
      `WHEN ${fullMatch(text, String.raw`-?(?:0|[1-9][0-9]*)(?:\.0+)?`)} ` +
      `THEN ${within64(`split_part(${text}, '.', 1)`, unsigned)} ` +
      `WHEN ${fullMatch(text, NUMBER)} THEN ${within64(wholeText(text), unsigned)} END`,
    range: `${fullMatch(text, NUMBER)} AND ${wholeText(text)} IS NOT NULL`,
  };
}

/** A decimal in text: its sign, its digits before and behind the point, and its exponent. */
const DECIMAL = String.raw`^\s*(-?)([0-9]*)(?:\.([0-9]*?)0*)?(?:[eE]([+-]?[0-9]+))?\s*$`;
/** Beyond all exponents that the length of a text may make up for. */
const FAR = 1_000_000_000;

/**
 * The digits of the integer that a number's text stands for, however it is written; null where it is none. Without a
 * sub-query, behind which the engine would not keep the order of the rows; each part is worked out once, for planning
 * takes as long as the expression.
 */
export function wholeText(text: string): string {
  const parts = `regexp_extract(${text}, ${sqlText(DECIMAL)}, ['s', 'b', 'a', 'e'])`;
  const exponent = `if(p.e = '', 0, coalesce(TRY_CAST(p.e AS INTEGER), if(starts_with(p.e, '-'), -${FAR}, ${FAR}))::BIGINT)`;
  const decimal = `{'s': p.s, 'd': concat(p.b, p.a), 'x': ${exponent} - length(p.a)}`;
  const whole =
    `CASE WHEN trim(q.d, '0') = '' THEN '0' ` +
    // More zeros than any type has digits are beyond all of them, however many there are.
    `WHEN q.x >= 0 THEN concat(q.s, q.d, repeat('0', least(q.x, 40))) ` +
    `WHEN q.x > -length(q.d) AND trim(right(q.d, -q.x), '0') = '' THEN concat(q.s, left(q.d, length(q.d) + q.x)) END`;
  return `list_transform(list_transform([${parts}], lambda p: ${decimal}), lambda q: ${whole})[1]`;
}
