import { shellWord } from '../errors/shell-word.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import type { Profile } from '../profile/profile.ts';
import { type Assignment, type AssignOptions, assignColumns } from './assign-columns.ts';
import { isLabelName } from './column-kinds.ts';
import { UnevenColumnsError } from './inference-error.ts';
import type { LikelyLabels } from './likely-labels.ts';
import { columnsIn } from './pick-columns.ts';

/** Where the ground truth may be, where nobody has said it. */
export interface LabelSearch {
  /** Columns that are called like it. */
  readonly named: readonly string[];
  /** By their values; none where one is called like it. */
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
  if (label !== undefined) return { named: [], held: NONE };
  const other = new Set([...inputs.map(({ name }) => name), id, time, ...ignore, ...features]);
  // y beside x is a coordinate.
  const axis = names.some((name) => name.toLowerCase() === 'x');
  const named = names.filter((name) => isLabelName(name) && !other.has(name) && !(axis && name.toLowerCase() === 'y'));
  if (named.length === 1) return { named, held: NONE };
  const free = (columns: ReadonlyMap<string, string>) => new Map([...columns].filter(([name]) => !other.has(name)));
  return { named, held: { sure: free(likely.sure), maybe: free(likely.maybe) } };
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
  { held }: LabelSearch,
): Assignment {
  try {
    return assignColumns(inputs, data, options);
  } catch (error) {
    if (!(error instanceof UnevenColumnsError)) throw error;
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

/** The column of ground truth, as far as it can be told. */
export interface FoundLabel {
  readonly label?: string;
  readonly why?: string;
  /** What only a person can say, in sentences. */
  readonly hints: readonly string[];
}

/** The ground truth among the columns that no input takes: the one that is called like it, or holds the graph's classes. */
export function labelAmong(
  { named, held }: LabelSearch,
  { inputs, order }: Assignment,
  { outputs }: Signature,
): FoundLabel {
  const carried = new Set(inputs.flatMap(({ columns }) => columns));
  const free = (name: string): boolean => !carried.has(name);
  const [byName] = named;
  if (named.length === 1 && free(byName!)) return { label: byName!, why: 'by its name', hints: [] };
  const sure = [...held.sure.keys()].filter(free);
  const [only] = [sure, sure.filter((name) => outputs.some((output) => output.name === name))].find(
    ({ length }) => length === 1,
  ) ?? [undefined];
  if (only !== undefined) return { label: only, why: held.sure.get(only)!, hints: [] };
  // An input of any number of columns takes the ground truth along without a word.
  const wide = order === 'file' ? inputs.filter(({ spec }) => columnsIn(spec) === -1) : [];
  const swallowed = wide.flatMap(({ columns }) => columns).filter((name) => held.sure.has(name));
  return {
    hints: [
      ...hintsOf(held, free),
      ...swallowed.map(
        (name) =>
          `${name} was taken for a feature, though ${held.sure.get(name)}; if it is the ground truth: --label ${shellWord(name)}`,
      ),
    ],
  };
}

/** Columns that are named as what may be the ground truth. */
const MAX_HINTS = 3;

function hintsOf({ sure, maybe }: LikelyLabels, free: (name: string) => boolean): string[] {
  const known = [...(sure.size > 0 ? sure : maybe)].filter(([name]) => free(name));
  return known
    .slice(0, MAX_HINTS)
    .map(([name, why]) => `${name} looks like the ground truth, for ${why}; if it is: --label ${shellWord(name)}`);
}
