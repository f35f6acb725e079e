import type { CellParts } from './cell-rule.ts';
import { FLOAT, INFINITE } from './literals.ts';
import { fullMatch } from './match-sql.ts';

/**
 * A double from text. The engine's own cast takes more than is a literal here: a plus, leading zeros, underscores. What
 * begins with a digit that is no zero and has no underscore needs no look at the grammar. No more is told by comparing:
 * with thousands of columns, planning takes longer the more there is of an expression.
 */
export function floatText(text: string): CellParts {
  const double = `TRY_CAST(${text} AS DOUBLE)`;
  const plain = `${text} >= '1' AND ${text} < ':' AND NOT contains(${text}, '_')`;
  const literal = fullMatch(text, FLOAT);
  return {
    value: `CASE WHEN ((${plain}) OR ${literal}) AND isfinite(${double}) THEN ${double} END`,
    range: `${literal} OR ${fullMatch(text, INFINITE, 'i')}`,
  };
}
