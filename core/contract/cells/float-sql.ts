import type { CellParts } from './cell-rule.ts';
import { FLOAT, INFINITE } from './literals.ts';
import { fullMatch } from './match-sql.ts';

/**
 * A double from text. The engine's own cast takes more than is a literal here: a plus, leading zeros, underscores. What
 * begins with a digit that is no zero, or with a zero and its point, after a minus or without, and has no underscore needs
 * no look at the grammar. No more is told by comparing: with thousands of columns, planning takes longer the more there
 * is of an expression.
 *
 * @param hold says where the engine's cast is at hand, which is asked about more than once
 */
export function floatText(text: string, hold: (cast: string) => string): CellParts {
  const double = hold(`TRY_CAST(${text} AS DOUBLE)`);
  const plain = `${text} >= '1' AND ${text} < ':' OR ${text} >= '-1' AND ${text} < '-:' OR starts_with(${text}, '0.') OR starts_with(${text}, '-0.')`;
  const literal = fullMatch(text, FLOAT);
  return {
    value: `CASE WHEN NOT isfinite(${double}) OR contains(${text}, '_') THEN NULL WHEN ${plain} OR ${literal} THEN ${double} END`,
    range: `${literal} OR ${fullMatch(text, INFINITE, 'i')}`,
  };
}
