import { normalDecimal } from './decimal-sql.ts';
import { withoutBlanks } from './literals.ts';

/** How else than by its name a class may be written: word in lower case, or number as `normalDecimal` has it -> name. */
export interface ClassAliases {
  readonly words: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, string>;
}

/**
 * true and false are written in any capitals, a number however it is written. Where the classes are just the two numbers
 * 0 and 1, or just true and false, they are written by the other pair as well.
 */
export function classAliases(classes: readonly string[]): ClassAliases {
  const words = new Map<string, string>();
  const numbers = new Map<string, string>();
  for (const name of classes) {
    const word = name.toLowerCase();
    if ((word === 'true' || word === 'false') && !words.has(word)) words.set(word, name);
    const number = normalDecimal(name);
    if (number !== undefined && !numbers.has(number)) numbers.set(number, name);
  }
  if (classes.length === 2) {
    const [no, yes] = [numbers.get(ZERO), numbers.get(ONE)];
    if (no !== undefined && yes !== undefined) words.set('false', no).set('true', yes);
    else if (words.size === 2) numbers.set(ZERO, words.get('false')!).set(ONE, words.get('true')!);
  }
  return { words, numbers };
}

const ZERO = '0';
const ONE = '1e0';

/**
 * The class that a value names, as `classText` reads it of a file.
 *
 * @returns undefined when it names none
 */
export function classNamed(classes: readonly string[], value: string | number | boolean): string | undefined {
  const text = String(value);
  if (classes.includes(text)) return text;
  const { words, numbers } = classAliases(classes);
  const bare = withoutBlanks(text);
  return words.get(bare.toLowerCase()) ?? numbers.get(normalDecimal(bare) ?? '');
}
