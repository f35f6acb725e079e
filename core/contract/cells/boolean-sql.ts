import type { CellParts } from './cell-rule.ts';
import { wholeText } from './decimal-sql.ts';
import { NUMBER } from './literals.ts';
import { fullMatch, trimmed } from './match-sql.ts';

/** true and false in any capitals, and numbers that are 1 or 0 however they are written. */
export function booleanText(text: string): CellParts {
  const word = `lower(${trimmed(text)})`;
  return {
    value:
      `CASE WHEN ${text} IN ('true', 'True', 'TRUE', '1') THEN true ` +
      `WHEN ${text} IN ('false', 'False', 'FALSE', '0') THEN false ` +
      `WHEN ${word} IN ('true', 'false') THEN ${word} = 'true' ` +
      // Of all integers the engine takes 1 and 0 only.
      `WHEN ${fullMatch(text, NUMBER)} THEN TRY_CAST(${wholeText(text)} AS BOOLEAN) END`,
  };
}
