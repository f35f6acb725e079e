import { shellWord } from '../errors/shell-word.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import type { Profile } from '../profile/profile.ts';
import { type Assignment, type AssignOptions, assignColumns, isNumbers } from './assign-columns.ts';
import { isLabelName } from './column-kinds.ts';
import { UnevenColumnsError } from './inference-error.ts';
import type { LikelyLabels } from './likely-labels.ts';
import { columnsIn } from './pick-columns.ts';

/** Where the ground truth may be, where nobody has said it. */
export interface LabelSearch {
  /** Columns that are called like it. */
  readonly named: readonly string[];
  /** Whether it is stated, or only one is called like it: then no other is looked for. */
  readonly known: boolean;
  /** By their values. */
  readonly held: LikelyLabels;
}

const NONE: LikelyLabels = { sure: new Map(), maybe: new Map() };

/** What is said of the columns. */
interface Stated {
  readonly label?: string | undefined;
  readonly id?: string | undefined;
  readonly time?: string | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly features?: readonly string[] | undefined;
}

/** Columns that nothing else takes, and that are called like ground truth or hold the graph's classes. */
export function searchLabel(
  { inputs }: Signature,
  names: readonly string[],
  { label, id, time, ignore = [], features = [] }: Stated,
  likely: LikelyLabels = NONE,
): LabelSearch {
  const other = new Set([...inputs.map(({ name }) => name), label, id, time, ...ignore, ...features]);
  // y beside x is a coordinate.
  const axis = names.some((name) => name.toLowerCase() === 'x');
  const named = names.filter((name) => isLabelName(name) && !other.has(name) && !(axis && name.toLowerCase() === 'y'));
  const free = (columns: ReadonlyMap<string, string>) => new Map([...columns].filter(([name]) => !other.has(name)));
  return {
    named: label === undefined ? named : [],
    known: label !== undefined || named.length === 1,
    held: { sure: free(likely.sure), maybe: free(likely.maybe) },
  };
}

/**
 * Assigns columns to inputs; where they do not come out even, without the only column that holds the graph's classes.
 *
 * @throws InferenceError as `assignColumns` does, with the columns that may be the ground truth
 */
export function assignBesideLabel(
  inputs: readonly TensorSpec[],
  data: Profile,
  options: AssignOptions,
  { known, held }: LabelSearch,
): Assignment {
  try {
    return assignColumns(inputs, data, options);
  } catch (error) {
    if (!(error instanceof UnevenColumnsError) || known) throw error;
    const [only, ...others] = held.sure.keys();
    if (only !== undefined && others.length === 0) {
      try {
        return assignColumns(inputs, data, { ...options, taken: new Set([...options.taken, only]), labelled: true });
      } catch (again) {
        if (!(again instanceof UnevenColumnsError)) throw again;
      }
    }
    const hints = hintsOf(held, () => true);
    throw hints.length === 0 ? error : new UnevenColumnsError(`${error.message}. ${hints.join('. ')}`);
  }
}

/** A column that was taken for the ground truth though nobody has said so; whether it is, the graph's answers show. */
export interface LabelGuess {
  readonly label: string;
  /** By what it was taken for that. */
  readonly why: string;
  readonly byName: boolean;
  /** Whether it was left out where another column could have been: then it decides which columns are features. */
  readonly decides: boolean;
  /** Other columns that may be it, of which none may do as well. */
  readonly rivals: readonly string[];
  /** Whether a rival has the better claim: it holds the graph's classes, and this one does not. */
  readonly outdone: boolean;
}

/** The column of ground truth, as far as it can be told. */
export interface FoundLabel {
  readonly guess?: LabelGuess;
  /** What only a person can say, in sentences. */
  readonly hints: readonly string[];
}

/** Columns of the data, and to which inputs they were assigned. */
export interface AssignedData {
  readonly assignment: Assignment;
  readonly data: Profile;
}

/** The ground truth among the columns that no input takes: the one that is called like it, or holds the graph's classes. */
export function labelAmong(
  { named, held }: LabelSearch,
  { assignment, data }: AssignedData,
  { outputs }: Signature,
): FoundLabel {
  const carried = new Set(assignment.inputs.flatMap(({ columns }) => columns));
  const free = (name: string): boolean => !carried.has(name);
  const dealt = columnsByFile(assignment);
  const [byName] = named;
  if (named.length === 1 && free(byName!)) {
    const decides = decidesFeatures(byName!, { assignment, data });
    const rivals = held.sure.has(byName!)
      ? []
      : [...held.sure.keys()].filter((name) => free(name) || dealt.includes(name));
    const outdone = rivals.length > 0;
    return { guess: { label: byName!, why: 'by its name', byName: true, decides, rivals, outdone }, hints: [] };
  }
  const sure = [...held.sure.keys()].filter(free);
  const [only] = [sure, sure.filter((name) => outputs.some((output) => output.name === name))].find(
    ({ length }) => length === 1,
  ) ?? [undefined];
  if (only === undefined) return { hints: [...hintsOf(held, free), ...swallowedHints(held, assignment)] };
  const decides = decidesFeatures(only, { assignment, data });
  const rivals = [...held.sure.keys(), ...held.maybe.keys()].filter((name) => dealt.includes(name));
  return {
    guess: {
      ...{ label: only, why: held.sure.get(only)!, byName: false },
      ...{ decides, rivals: decides ? rivals : [], outdone: false },
    },
    hints: [],
  };
}

/** Inputs that take several columns in the order of the file. */
const inputsByFile = ({ inputs, order }: Assignment): Assignment['inputs'] =>
  order === 'file' ? inputs.filter(({ spec }) => columnsIn(spec) !== 1) : [];

const columnsByFile = (assignment: Assignment): string[] => inputsByFile(assignment).flatMap(({ columns }) => columns);

/** Whether an input would have taken the column, had it not been left out. */
function decidesFeatures(name: string, { assignment, data }: AssignedData): boolean {
  const inputs = inputsByFile(assignment);
  const ofText = inputs.filter(({ spec }) => spec.type === 'string');
  const numbers = isNumbers(data.columns[name]!);
  return numbers ? inputs.length > 0 : ofText.length > 0;
}

/** Columns that were taken for features, by their number alone, though they hold the graph's classes. */
export function swallowedHints({ sure }: LikelyLabels, assignment: Assignment): string[] {
  return columnsByFile(assignment)
    .filter((name) => sure.has(name))
    .slice(0, MAX_HINTS)
    .map(
      (name) =>
        `${name} was taken for a feature, though ${sure.get(name)}; if it is the ground truth: --label ${shellWord(name)}`,
    );
}

/** Columns that are named as what may be the ground truth. */
const MAX_HINTS = 3;

function hintsOf({ sure, maybe }: LikelyLabels, free: (name: string) => boolean): string[] {
  return [...sure, ...maybe]
    .filter(([name]) => free(name))
    .slice(0, MAX_HINTS)
    .map(([name, why]) => `${name} looks like the ground truth, for ${why}; if it is: --label ${shellWord(name)}`);
}
