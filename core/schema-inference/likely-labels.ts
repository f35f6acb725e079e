import { classNamed } from '../contract/cells/class-literal.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { ClassList } from '../onnx/class-lists.ts';
import type { ColumnProfile, Profile } from '../profile/profile.ts';
import type { NumberFacts } from './column-kinds.ts';
import { listNames } from './decision-facts.ts';

/** Columns that may be the ground truth, by their values; the text says why. */
export interface LikelyLabels {
  /** They hold the graph's classes and nothing else: where it is one that no input needs, it is the ground truth. */
  readonly sure: ReadonlyMap<string, string>;
  /** A person has to say so. */
  readonly maybe: ReadonlyMap<string, string>;
}

/** Outputs, and the classes that the graph names of them. */
export interface GraphClasses {
  readonly outputs: readonly TensorSpec[];
  readonly classes: ReadonlyMap<string, ClassList>;
}

type Facts = ReadonlyMap<string, NumberFacts>;

/** Numbers of classes beyond which columns are not looked at. */
const MAX_CLASSES = 100;

/**
 * The lists of classes that labels may be of: as the graph names them; true and false of an output of those; of columns
 * of probabilities that it names no classes of, their numbers.
 */
function classListsOf({ outputs, classes }: GraphClasses): readonly ClassList[] {
  const lists = outputs.flatMap(({ name, type, shape }): ClassList[] => {
    const own = classes.get(name);
    if (own !== undefined) return [own];
    if (type === 'bool') return [['false', 'true']];
    const columns = shape.length === 2 && type.startsWith('float') ? shape[1]! : 0;
    return columns > 1 && columns <= MAX_CLASSES ? [Array.from({ length: columns }, (_, i) => i)] : [];
  });
  const known = lists.filter(({ length }) => length >= 2 && length <= MAX_CLASSES);
  return [...new Map(known.map((list) => [list.join('\n'), list])).values()];
}

/** So many columns that look alike are features of one scale. */
const MAX_ASKED = 20;

/**
 * Columns of whole numbers that have the extremes of the graph's classes, so that their values are worth asking for;
 * those of text, and of two numbers side by side, are in the profile.
 */
export function columnsToAsk(graph: GraphClasses, data: Profile, facts: Facts): string[] {
  const ranges = classListsOf(graph).flatMap((list) => {
    const numbers = list.map(Number);
    const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
    return numbers.every(Number.isFinite) && max > min + 1 ? [{ min, max }] : [];
  });
  const asked = Object.entries(data.columns).flatMap(([name, column]) =>
    column.kind === 'numeric' &&
    facts.get(name)?.whole === true &&
    ranges.some(({ min, max }) => column.min === min && column.max === max)
      ? [name]
      : [],
  );
  return asked.length > MAX_ASKED ? [] : asked;
}

/**
 * Columns that may be the ground truth by what they hold.
 *
 * @param values of the columns of `columnsToAsk`, all that there are
 */
export function likelyLabels(
  graph: GraphClasses,
  { columns }: Profile,
  { facts, values }: { readonly facts: Facts; readonly values: ReadonlyMap<string, ClassList> },
): LikelyLabels {
  const lists = classListsOf(graph);
  const sure = new Map<string, string>();
  const maybe = new Map<string, string>();
  for (const [name, column] of Object.entries(columns)) {
    const own = values.get(name) ?? valuesOf(column, facts.get(name)) ?? [];
    const list = own.length < 2 ? undefined : lists.find((each) => isListOf(each, own));
    if (list !== undefined) sure.set(name, `it holds the classes of the graph and nothing else: ${listNames(list)}`);
    else if (own.length >= 2 && lists.some((each) => each.length === own.length && areNumbered(each)))
      maybe.set(name, `it has as many values as the graph has classes: ${listNames(own)}`);
    else if (graph.outputs.some((output) => output.name === name)) maybe.set(name, 'it is called like an output');
    // Without classes a decision is between two, if it is one.
    else if (lists.length === 0 && isListOf([0, 1], own)) maybe.set(name, `it holds nothing but ${listNames(own)}`);
  }
  return { sure, maybe };
}

/**
 * Whether values are the classes and nothing else. All of them have to be there where they are numbers: 0 and 1 are of
 * many columns, and of three classes two say little.
 */
function isListOf(list: ClassList, values: ClassList): boolean {
  const texts = list.map(String);
  const found = new Set<string>();
  for (const value of values) {
    const name = classNamed(texts, value);
    if (name === undefined) return false;
    found.add(name);
  }
  return found.size === list.length || (found.size >= 2 && texts.every((text) => Number.isNaN(Number(text))));
}

/** A graph whose labels were encoded numbers its classes. */
const areNumbered = (list: ClassList): boolean => list.every((name, i) => String(name) === String(i));

/** Different values where the profile has all of them: of text, and of two whole numbers side by side. */
function valuesOf(column: ColumnProfile, facts: NumberFacts | undefined): ClassList | undefined {
  if (column.kind === 'categorical')
    return column.other === 0 && column.categories.length <= MAX_CLASSES ? column.categories : undefined;
  const { min, max } = column;
  return min !== null && max === min + 1 && facts?.whole === true ? [min, max] : undefined;
}
