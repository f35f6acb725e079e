import { bigRange } from '../integer-range.ts';
import { sqlInteger } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { wholeText } from './decimal-sql.ts';
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
