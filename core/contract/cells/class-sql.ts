import { sqlText } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { decimalText, normalDecimal } from './decimal-sql.ts';
import { NUMBER } from './literals.ts';
import { fullMatch, trimmed } from './match-sql.ts';

/** The name of a class: as it stands, true and false in any capitals, a number however it is written. */
export function classText(text: string, classes: readonly string[]): CellParts {
  const word = `lower(${trimmed(text)})`;
  const words = classes.filter((name) => name === 'true' || name === 'false');
  const numbers = classes.flatMap((name) => {
    const number = normalDecimal(name);
    return number === undefined ? [] : [{ name, number }];
  });
  const cases = [`WHEN (${text}) IN (${listed(classes)}) THEN ${text}`];
  if (words.length > 0) cases.push(`WHEN (${word}) IN (${listed(words)}) THEN ${word}`);
  if (numbers.length > 0) {
    const place = `list_position([${listed(numbers.map(({ number }) => number))}], ${decimalText(text)})`;
    cases.push(`WHEN ${fullMatch(text, NUMBER)} THEN [${listed(numbers.map(({ name }) => name))}][${place}]`);
  }
  return { value: `CASE ${cases.join(' ')} END` };
}

const listed = (names: readonly string[]): string => names.map(sqlText).join(', ');
