import type { CellParts } from './cell-rule.ts';
import { FLOAT, INFINITE } from './literals.ts';
import { fullMatch } from './match-sql.ts';

/**
 * A double from text. The engine's own cast takes more than is a literal here: a plus, leading zeros, underscores. What
 * begins like a number without them, which is told by comparing, needs no look at the grammar.
 */
export function floatText(text: string): CellParts {
  const double = `TRY_CAST(${text} AS DOUBLE)`;
  const begins = (from: string, to: string): string => `(${text} >= '${from}' AND ${text} < '${to}')`;
  const plain = `(${begins('1', ':')} OR ${begins('0.', '0/')} OR ${begins('-1', '-:')} OR ${begins('-0.', '-0/')}) AND NOT contains(${text}, '_')`;
  const literal = fullMatch(text, FLOAT);
  return {
    value: `CASE WHEN ((${plain}) OR ${literal}) AND isfinite(${double}) THEN ${double} END`,
    range: `${literal} OR ${fullMatch(text, INFINITE, 'i')}`,
  };
}
