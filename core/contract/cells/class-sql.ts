import { sqlText } from '../sql-text.ts';
import type { CellParts } from './cell-rule.ts';
import { classAliases } from './class-literal.ts';
import { decimalText } from './decimal-sql.ts';
import { NUMBER } from './literals.ts';
import { fullMatch, trimmed } from './match-sql.ts';

/** The name of a class: as it stands, or as {@link classAliases} says that it may be written. */
export function classText(text: string, classes: readonly string[]): CellParts {
  const { words, numbers } = classAliases(classes);
  const cases = [`WHEN (${text}) IN (${listed(classes)}) THEN ${text}`];
  if (words.size > 0) {
    const word = `lower(${trimmed(text)})`;
    cases.push(`WHEN ${word} IN (${listed(words.keys())}) THEN ${looked(words, word)}`);
  }
  if (numbers.size > 0) cases.push(`WHEN ${fullMatch(text, NUMBER)} THEN ${looked(numbers, decimalText(text))}`);
  return { value: `CASE ${cases.join(' ')} END` };
}

/** The name that a text stands for; null where it stands for none. */
const looked = (aliases: ReadonlyMap<string, string>, text: string): string =>
  `[${listed(aliases.values())}][list_position([${listed(aliases.keys())}], ${text})]`;

const listed = (names: Iterable<string>): string => [...names].map(sqlText).join(', ');
