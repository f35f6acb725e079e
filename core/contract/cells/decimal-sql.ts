import { sqlText } from '../sql-text.ts';
import { BLANK_RUN, NUMBER } from './literals.ts';

/** A decimal in text: its sign, its digits before and behind the point, and its exponent. */
const DECIMAL = String.raw`^${BLANK_RUN}(-?)([0-9]+)(?:\.([0-9]*?)0*)?(?:[eE]([+-]?[0-9]+))?${BLANK_RUN}$`;
/** Beyond all exponents that the length of a text may make up for. */
const FAR = 1_000_000_000;

/**
 * What is made of a number's text, of which `q` has the sign `s`, all digits `d`, and the exponent `x` behind them; null of
 * a text that is none, whose digits are nothing.
 * Without a sub-query, behind which the engine would not keep the order of the rows; each part is worked out once, for
 * planning takes as long as the expression.
 */
function ofDecimal(text: string, expression: string): string {
  const parts = `regexp_extract(${text}, ${sqlText(DECIMAL)}, ['s', 'b', 'a', 'e'])`;
  const exponent = `if(p.e = '', 0, coalesce(TRY_CAST(p.e AS INTEGER), if(starts_with(p.e, '-'), -${FAR}, ${FAR}))::BIGINT)`;
  const decimal = `{'s': p.s, 'd': concat(p.b, p.a), 'x': ${exponent} - length(p.a)}`;
  return `list_transform(list_transform([${parts}], lambda p: ${decimal}), lambda q: CASE WHEN q.d <> '' THEN ${expression} END)[1]`;
}

/** The digits of the integer that a number's text stands for, however it is written; null where it is none. */
export const wholeText = (text: string): string =>
  ofDecimal(
    text,
    `CASE WHEN trim(q.d, '0') = '' THEN '0' ` +
      // More zeros than any type has digits are beyond all of them, however many there are.
      `WHEN q.x >= 0 THEN concat(q.s, q.d, repeat('0', least(q.x, 40))) ` +
      `WHEN q.x > -length(q.d) AND trim(right(q.d, -q.x), '0') = '' THEN concat(q.s, left(q.d, length(q.d) + q.x)) END`,
  );

/** A number's text as {@link normalDecimal} has it. */
export const decimalText = (text: string): string =>
  ofDecimal(
    text,
    `CASE WHEN trim(q.d, '0') = '' THEN '0' ` +
      `ELSE concat(q.s, trim(q.d, '0'), 'e', q.x + length(q.d) - length(rtrim(q.d, '0'))) END`,
  );

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const IS_NUMBER = new RegExp(`^${NUMBER}$`);

/** The one way to write the number that a text is, with all its digits: `-5e-1`; undefined of a text that is none. */
export function normalDecimal(text: string): string | undefined {
  if (!IS_NUMBER.test(text)) return undefined;
  const [, sign = '', before = '', after = '', exponent = '0'] = PARTS.exec(text)!;
  const digits = before + after;
  const kept = digits.replace(/^0+/, '').replace(/0+$/, '');
  if (kept === '') return '0';
  const zeros = digits.length - digits.replace(/0+$/, '').length;
  return `${sign}${kept}e${Number(exponent) - after.length + zeros}`;
}
