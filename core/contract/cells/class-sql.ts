import { sqlText } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { wholeText } from './integer-sql.ts';
import { NUMBER } from './literals.ts';
import { fullMatch, trimmed } from './match-sql.ts';

/** The name of a class: as it stands, true and false in any capitals, a whole number however it is written. */
export function classText(text: string, classes: readonly string[]): CellParts {
  const word = `lower(${trimmed(text)})`;
  const words = classes.filter((name) => name === 'true' || name === 'false');
  const numbers = classes.filter((name) => /^-?[0-9]+$/.test(name));
  const cases = [`WHEN ${oneOf(text, classes)} THEN ${text}`];
  if (words.length > 0) cases.push(`WHEN ${oneOf(word, words)} THEN ${word}`);
  if (numbers.length > 0) {
    const number = `CASE WHEN ${fullMatch(text, NUMBER)} THEN ${wholeText(text)} END`;
    cases.push(`WHEN ${oneOf(number, numbers)} THEN ${number}`);
  }
  return { value: `CASE ${cases.join(' ')} END` };
}

const oneOf = (expression: string, names: readonly string[]): string =>
  `(${expression}) IN (${names.map(sqlText).join(', ')})`;
