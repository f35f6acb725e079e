import { didYouMean } from '../errors/did-you-mean.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { ColumnProfile, Profile } from '../profile/profile.ts';
import { isTrueOrFalse } from './column-kinds.ts';
import { InferenceError } from './inference-error.ts';
import { type ColumnChoice, columnsIn, namesText, pickColumns, unevenColumns, widthOf } from './pick-columns.ts';

/** By what the columns of inputs [n, k] are in their order: somebody said it, the graph says it, or the file has it so. */
export type OrderSource = 'stated' | 'graph' | 'file';

/** An input, and the columns of the data that it takes, in its order. */
export interface AssignedInput {
  readonly spec: TensorSpec;
  readonly columns: readonly string[];
}

export interface Assignment {
  readonly inputs: readonly AssignedInput[];
  /** Undefined where every input takes the column of its name. */
  readonly order?: OrderSource;
  /** Columns of numbers that may be features as well, left out because the others came out even. */
  readonly spare: readonly string[];
}

export interface AssignOptions {
  /** Columns that are something else: identifiers, times, labels, what is left out. */
  readonly taken: ReadonlySet<string>;
  /** Columns that are probably something else, and by what: those are features only where somebody or the graph says so. */
  readonly unlikely: ReadonlyMap<string, string>;
  /** Columns that may be something else as well: they are features where their number says so. */
  readonly doubtful: ReadonlySet<string>;
  /** Whether the ground truth is known. */
  readonly labelled: boolean;
  /** Names of features as somebody stated them. */
  readonly features?: readonly string[] | undefined;
  /** Names of features that the graph itself tells. */
  readonly named?: readonly string[] | undefined;
}

/**
 * Which columns of the data go to which inputs. An input [n] or [n, 1] takes the column of its name; what is left goes
 * to the others in the order that is stated, else in that of the graph's own names, else in that of the file.
 *
 * @param inputs those that take rows of features
 * @throws InferenceError where that does not come out even
 */
export function assignColumns(inputs: readonly TensorSpec[], data: Profile, options: AssignOptions): Assignment {
  const own = namesakes(inputs, Object.keys(data.columns));
  const open = inputs.filter((spec) => !own.has(spec));
  const free = open.filter((spec) => columnsIn(spec) === -1);
  const [first, second] = free;
  if (first !== undefined && second !== undefined)
    throw new InferenceError(
      `inputs ${first.name} and ${second.name} take any number of columns each: which takes which cannot be known. ` +
        'Export them with fixed widths',
    );
  const found = { own: new Set(own.values()), open, data };
  const dealt =
    open.length === 0 ? undefined : (stated(found, options) ?? byGraph(found, options) ?? byFile(found, options));
  return {
    inputs: inputs.map((spec) => ({ spec, columns: dealt?.columns.get(spec) ?? [own.get(spec)!] })),
    ...(dealt === undefined ? {} : { order: dealt.order }),
    spare: dealt?.spare ?? [],
  };
}

/**
 * The columns of inputs' own names. skl2onnx makes identifiers of a table's names, `sepal length (cm)` to
 * `sepal_length__cm_`: a column is taken for one of those where it is the only one that could be.
 */
function namesakes(inputs: readonly TensorSpec[], columns: readonly string[]): Map<TensorSpec, string> {
  const exact = new Set(columns);
  const byIdentifier = new Map<string, string[]>();
  for (const name of columns) {
    const identifier = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
    byIdentifier.set(identifier, [...(byIdentifier.get(identifier) ?? []), name]);
  }
  return new Map(
    inputs.flatMap((spec): [TensorSpec, string][] => {
      if (columnsIn(spec) !== 1) return [];
      if (exact.has(spec.name)) return [[spec, spec.name]];
      const [renamed, ...more] = byIdentifier.get(spec.name) ?? [];
      return renamed === undefined || more.length > 0 ? [] : [[spec, renamed]];
    }),
  );
}

interface Found {
  /** Names of the inputs that take the column of their name. */
  readonly own: ReadonlySet<string>;
  /** Inputs that take others. */
  readonly open: readonly TensorSpec[];
  readonly data: Profile;
}

interface Dealt {
  readonly columns: ReadonlyMap<TensorSpec, readonly string[]>;
  readonly order: OrderSource;
  readonly spare: readonly string[];
}

/** Features as they are stated, those that inputs take by their name left out. */
function stated({ own, open }: Found, { features }: AssignOptions): Dealt | undefined {
  if (features === undefined) return undefined;
  const names = features.filter((name) => !own.has(name));
  const wanted = widthOf(open);
  if (names.length !== wanted.columns && !(wanted.free && names.length > wanted.columns))
    throw new InferenceError(
      `--features names ${names.length} columns for ${open.map(({ name, shape }) => `input ${name} [${shape.map(sizeText).join(', ')}]`).join(' and ')}, expected ${wanted.columns}${wanted.free ? ' or more' : ''}`,
    );
  return { columns: deal(names, open), order: 'stated', spare: [] };
}

/** The graph's own names, where they are columns of the data: names such as f0 that no data has say nothing. */
function byGraph({ open, data }: Found, { named, taken }: AssignOptions): Dealt | undefined {
  if (named === undefined || named.length !== widthOf(open).columns || new Set(named).size < named.length)
    return undefined;
  const missing = named.filter((name) => !Object.hasOwn(data.columns, name));
  if (missing.length > named.length / 2) return undefined;
  const names = Object.keys(data.columns);
  const [lacking] = missing;
  if (lacking !== undefined)
    throw new InferenceError(
      `the graph says that it takes ${lacking}, and the data has no such column${didYouMean(lacking, names)}: it has ${namesText(names)}. ` +
        'Rename it, or say the columns in their order with --features',
    );
  const claimed = named.find((name) => taken.has(name));
  if (claimed !== undefined)
    throw new InferenceError(`the graph says that it takes ${claimed}, which is stated to be something else`);
  return { columns: deal(named, open), order: 'graph', spare: [] };
}

/** Numbers to inputs of numbers, texts to inputs of texts, each in the order of the file. */
function byFile({ own, open, data }: Found, options: AssignOptions): Dealt {
  const nameless = open.find((spec) => columnsIn(spec) === 1);
  if (nameless !== undefined)
    throw new InferenceError(
      `input ${nameless.name} finds no column of its name${didYouMean(nameless.name, Object.keys(data.columns))}; the data has ` +
        `${namesText(Object.keys(data.columns))}. Say the columns in the order of the inputs with --features`,
    );
  const rest = Object.keys(data.columns).filter((name) => !own.has(name) && !options.taken.has(name));
  const empty = new Set(rest.filter((name) => isEmpty(data.columns[name]!)));
  const numbers = rest.filter((name) => empty.has(name) || isNumbers(data.columns[name]!));
  const texts = rest.filter((name) => !isNumbers(data.columns[name]!));
  const columns = new Map<TensorSpec, readonly string[]>();
  const ofText = open.filter(({ type }) => type === 'string');
  const ofNumbers = open.filter(({ type }) => type !== 'string');
  // A model that takes nothing but text was given its numbers as text, too.
  const spoken = ofNumbers.length === 0 && texts.length < widthOf(ofText).columns ? rest : texts;
  const dealt = new Set<string>();
  const spare: string[] = [];
  for (const { inputs, candidates, kind } of [
    { inputs: ofNumbers, candidates: numbers, kind: 'numeric' as const },
    { inputs: ofText, candidates: spoken, kind: ofNumbers.length === 0 ? ('free' as const) : ('text' as const) },
  ]) {
    if (inputs.length === 0) continue;
    const choice = { inputs, kind, data, empty, ...options, candidates: candidates.filter((name) => !dealt.has(name)) };
    const others = kind === 'numeric' ? texts.filter((name) => !empty.has(name)) : [];
    const picked = pickColumns(choice, others);
    if (picked === undefined) throw unevenColumns(choice, others);
    for (const [input, names] of deal(picked, inputs)) columns.set(input, names);
    for (const name of picked) dealt.add(name);
    // What an input of any number leaves out makes no room for another.
    if (kind === 'numeric' && !widthOf(inputs).free) spare.push(...sparedOf(choice, picked));
  }
  return { columns, order: 'file', spare };
}

/** A column without a name is an index. */
const sparedOf = ({ candidates, doubtful, empty }: ColumnChoice, picked: readonly string[]): string[] =>
  candidates.filter((name) => name !== '' && doubtful.has(name) && !empty.has(name) && !picked.includes(name));

export const isNumbers = (column: ColumnProfile): boolean => column.kind === 'numeric' || isTrueOrFalse(column);
const isEmpty = ({ rows, missing }: ColumnProfile): boolean => rows === missing;

/** Deals names to inputs in their order; one of any number takes what the others leave. */
function deal(names: readonly string[], inputs: readonly TensorSpec[]): Map<TensorSpec, readonly string[]> {
  const spare = names.length - widthOf(inputs).columns;
  let from = 0;
  return new Map(
    inputs.map((spec) => {
      const width = columnsIn(spec);
      const to = from + (width === -1 ? spare : width);
      const own = names.slice(from, to);
      from = to;
      return [spec, own];
    }),
  );
}

const sizeText = (size: number): string => (size === -1 ? 'n' : String(size));
