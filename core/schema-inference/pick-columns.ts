import type { TensorSpec } from '../model/signature.ts';
import type { Profile } from '../profile/profile.ts';
import { unreadNumbers } from './column-kinds.ts';
import { InferenceError, UnevenColumnsError } from './inference-error.ts';

/** Inputs that are given columns in the order of the file, and the columns that they may be given. */
export interface ColumnChoice {
  readonly inputs: readonly TensorSpec[];
  readonly candidates: readonly string[];
  readonly kind: 'numeric' | 'text' | 'free';
  readonly data: Profile;
  /** Columns without a value. */
  readonly empty: ReadonlySet<string>;
  /** Columns that are probably something else, and by what. */
  readonly unlikely: ReadonlyMap<string, string>;
  /** Columns that may be something else as well. */
  readonly doubtful: ReadonlySet<string>;
  /** Whether the ground truth is known: else it may be any column of numbers. */
  readonly labelled: boolean;
}

/**
 * As many columns as the inputs take: those with values first, then empty ones as well, then doubtful ones, these only
 * where no column of numbers could not be read, for then that one is missing. What is probably something else is never
 * filled up with: a label among the features would go unseen until truths come.
 *
 * @param others columns of the other kind
 * @returns undefined where none comes out even
 * @throws InferenceError where the last of them may be a label in the place of a column without numbers
 */
export function pickColumns(choice: ColumnChoice, others: readonly string[]): readonly string[] | undefined {
  const { columns, free } = widthOf(choice.inputs);
  const { empty, doubtful } = choice;
  const probable = choice.candidates.filter((name) => !choice.unlikely.has(name));
  const read = unreadOf(choice, others).length === 0;
  const sure = probable.filter((name) => !doubtful.has(name) || empty.has(name));
  const picked = [
    sure.filter((name) => !empty.has(name)),
    sure,
    ...(read ? [probable.filter((name) => !empty.has(name)), probable] : []),
  ].find((found) => found.length > 0 && (found.length === columns || (free && found.length > columns)));
  if (picked !== undefined && !free && !choice.labelled) assertNoneLacks(choice, others, picked);
  return picked;
}

/** Where no label is known, a column without numbers may be a feature, and one of those with numbers the label. */
function assertNoneLacks(choice: ColumnChoice, others: readonly string[], picked: readonly string[]): void {
  if (choice.kind !== 'numeric') return;
  const without = [...choice.empty].filter((name) => choice.candidates.includes(name) && !picked.includes(name));
  const unread = unreadOf(choice, others);
  const [first] = [...without, ...unread.map(({ name }) => name)];
  if (first === undefined) return;
  const said = without.length === 0 ? '' : `. Without a value: ${namesText(without)}`;
  throw new InferenceError(
    `${namesText(picked)} are as many columns as the graph takes, but no column is known to be the ground truth, and ${first} may be a feature that could not be read${said}${unreadText(unread)}. ` +
      `Name the ground truth with --label, or leave ${first} out with --ignore, or name the features in the order that the model was trained in with --features`,
  );
}

/** What does not come out even, which column is probably the one that lacks, and what to do. */
export function unevenColumns(choice: ColumnChoice, others: readonly string[]): UnevenColumnsError {
  const { inputs, candidates, kind, unlikely, empty } = choice;
  const { columns } = widthOf(inputs);
  const probable = candidates.filter((name) => !unlikely.has(name));
  const what = `${inputs.length === 1 ? 'input' : 'inputs'} ${inputs.map(({ name }) => name).join(', ')} ${inputs.length === 1 ? 'takes' : 'take'}`;
  const without = probable.filter((name) => empty.has(name));
  const has =
    `${what} ${columns} columns, and the data has ${probable.length} ${kind} ones that no other input takes: ${namesText(probable) || 'none'}` +
    (without.length === 0 ? '' : ` (${namesText(without)} without a value)`);
  if (probable.length > columns)
    return new UnevenColumnsError(
      `${has}. Leave out ${probable.length - columns} of them with --ignore, or with --label where one is the ground truth, or name the ${columns} in the order that the model was trained in with --features`,
    );
  const unread = unreadOf(choice, others);
  const rest = others.filter((name) => !unread.some((each) => each.name === name));
  const encoded =
    rest.length === 0
      ? ''
      : ` (and text, which the graph does not take: ${namesText(rest)}; if it was encoded before the model was trained, encode the file alike)`;
  const left = candidates.filter((name) => unlikely.has(name));
  const named =
    left.length === 0
      ? ''
      : `. Not taken for ${left.length === 1 ? 'a feature' : 'features'}: ${left
          .slice(0, 6)
          .map((name) => `${name} (${unlikely.get(name)})`)
          .join(
            ', ',
          )}${left.length > 6 ? ', …' : ''}; if ${left.length === 1 ? 'it is one' : 'one of them is one'}, name the ${columns} in the order that the model was trained in with --features`;
  return new UnevenColumnsError(`${has}${encoded}${unreadText(unread)}${named}`);
}

interface Unread {
  readonly name: string;
  readonly why: NonNullable<ReturnType<typeof unreadNumbers>>;
}

/** Columns of text that were meant to hold numbers. */
const unreadOf = ({ data, kind }: ColumnChoice, others: readonly string[]): Unread[] =>
  kind === 'numeric'
    ? others.flatMap((name) => {
        const why = unreadNumbers(data.columns[name]!);
        return why === undefined ? [] : [{ name, why }];
      })
    : [];

function unreadText(unread: readonly Unread[]): string {
  const commas = unread.filter(({ why }) => why === 'decimal commas').map(({ name }) => name);
  const odd = unread.flatMap(({ name, why }) => (why === 'decimal commas' ? [] : [`${name} (by '${why.odd[0]}')`]));
  return [
    commas.length === 0
      ? ''
      : `. Numbers with decimal commas are text here: ${namesText(commas)}; write them with points (pandas: read_csv(…, decimal=',') and to_csv again)`,
    odd.length === 0
      ? ''
      : `. Probably meant as numbers, and text by a few cells: ${namesText(odd)}; write a missing number as an empty cell, NA, NaN or NULL, and correct others`,
  ].join('');
}

/** Columns that an input takes; -1 for any number. */
export function columnsIn({ shape }: TensorSpec): number {
  if (shape.length <= 1) return 1;
  return shape.length === 2 ? shape[1]! : Number.NaN;
}

/** Columns that inputs take together, and whether one of them takes any number beside them. */
export function widthOf(inputs: readonly TensorSpec[]): { columns: number; free: boolean } {
  const widths = inputs.map(columnsIn);
  return {
    columns: widths.reduce((sum, width) => sum + Math.max(0, width), 0),
    free: widths.includes(-1),
  };
}

/** Names for a message, the first of many. */
export const namesText = (names: readonly string[]): string =>
  names.length > 15 ? `${names.slice(0, 12).join(', ')}, … (${names.length - 12} more)` : names.join(', ');
