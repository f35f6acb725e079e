import { Contract, type Feature } from '../contract/contract.ts';
import { integerRange, numberRange } from '../contract/integer-range.ts';
import { flagging } from '../contract/violation-policy.ts';
import { didYouMean } from '../errors/did-you-mean.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import { statedInteger } from '../model/stated-number.ts';
import type { ColumnProfile, Profile } from '../profile/profile.ts';
import type { AssignedInput, OrderSource } from './assign-columns.ts';
import {
  type ColumnKind,
  columnKind,
  isIdName,
  isTrueOrFalse,
  type NumberFacts,
  unreadNumbers,
} from './column-kinds.ts';
import { InferenceError } from './inference-error.ts';
import { assignBesideLabel, type LabelGuess, labelAmong, searchLabel, swallowedHints } from './label-column.ts';
import type { LikelyLabels } from './likely-labels.ts';
import { namesText } from './pick-columns.ts';
import { type TakenColumn, takenColumns } from './taken-columns.ts';
import { widened, widenedExact, widenedWhole } from './widen.ts';

export interface InferOptions {
  readonly id?: string | undefined;
  readonly time?: string | undefined;
  readonly label?: string | undefined;
  /** Columns that are neither features nor anything else. */
  readonly ignore?: readonly string[] | undefined;
  /** Names of features in the order in which inputs [n, k] take them. */
  readonly features?: readonly string[] | undefined;
  /** Whether a value beyond a range that was seen is rejected; else it is flagged. @default false */
  readonly strict?: boolean | undefined;
  /** Of `id` and `time` those that nobody has stated: values of such an id need not differ in later files. */
  readonly guessed?: ReadonlySet<string> | undefined;
  /** What the graph says of the order of its features. */
  readonly named?: readonly string[] | undefined;
  /** Of columns of numbers what their profile does not say. */
  readonly facts?: ReadonlyMap<string, NumberFacts> | undefined;
  /** Extremes of columns of integers that a double does not tell from the next. */
  readonly extremes?: ReadonlyMap<string, WholeExtremes> | undefined;
  /** Columns that may be the ground truth by their values. */
  readonly labels?: LikelyLabels | undefined;
}

export interface WholeExtremes {
  readonly least: bigint;
  readonly most: bigint;
}

/** A column that may be a feature, and was taken for something else. */
export interface SpareColumn {
  readonly column: string;
  /** By what it is something else. */
  readonly why: string;
}

export interface InferredContract {
  readonly contract: Contract;
  /** Columns, in the order of the data. */
  readonly taken: readonly TakenColumn[];
  /** By what the features of inputs [n, k] are in their order; undefined where there is no such input. */
  readonly order?: OrderSource;
  /** Features with one value throughout, of which no range can be told. */
  readonly constant: readonly string[];
  /** Columns that probably identify a row and say when it was, where nobody has stated any. */
  readonly likely: { readonly id?: string; readonly time?: string };
  /** What only a person can say, in sentences. */
  readonly hints: readonly string[];
  /** The label, where nobody has stated it. */
  readonly guess?: LabelGuess;
  /** Columns that may be features as well, and what else they are: to leave them out decided which others are. */
  readonly spare: readonly SpareColumn[];
  /** Of a label that is stated and does not hold the graph's classes: features that do, in sentences. */
  readonly swallowed: readonly string[];
}

/** Text columns with at most this many values are taken for a closed list. */
const MAX_ALLOWED = 50;
/** Of more values than these a list is not closed, unless values come back. */
const MIN_REPEATED = 2;

type InputFeature = Contract['features'][number];

/**
 * A contract as the data suggests it: types from the graph, ranges a fifth wider than the spread that was seen, closed
 * lists for text with few values, missing values allowed where there were some. It is a draft: people know what the
 * data does not show, so that what is beyond a range is flagged and not refused.
 *
 * An input [n] or [n, 1] takes the data's column of its name; see `assignColumns` for [n, k].
 *
 * @throws InferenceError when an input finds no column, or what is stated names none
 */
export function inferContract(signature: Signature, data: Profile, options: InferOptions = {}): InferredContract {
  const names = Object.keys(data.columns);
  if (data.rows === 0)
    throw new InferenceError(`the data has no rows, only the columns ${namesText(names) || '(none)'}`);
  assertKnown(names, options);
  const kinds = kindsOf(data, options.facts);
  const special = new Set([options.id, options.time, options.label].filter((name) => name !== undefined));
  const search = searchLabel(signature, names, options, options.labels);
  const assignment = assignBesideLabel(
    // An image or another tensor of values that are no features is beyond the contract.
    signature.inputs.filter(({ shape }) => shape.length <= 2),
    data,
    {
      taken: new Set([...special, ...(options.ignore ?? [])]),
      unlikely: new Map([
        ...[...kinds].flatMap(([name, { kind, why, weak }]): [string, string][] =>
          weak || kind === 'free text' ? [] : [[name, `${kind}: ${why}`]],
        ),
        ...search.named.map((name): [string, string] => [name, 'called like ground truth']),
      ]),
      doubtful: new Set([...kinds].flatMap(([name, { kind, weak }]) => (weak || kind === 'free text' ? [name] : []))),
      labelled: options.label !== undefined || search.named.length > 0,
      features: options.features,
      named: options.named,
    },
    search,
  );
  const { inputs, order } = assignment;
  assertNames(names, new Set(inputs.flatMap(({ columns }) => columns)));
  const constant: string[] = [];
  const features = inputs.flatMap((input) => featuresOf(input, data, { ...options, kinds, constant }));
  const carried = new Set(features.map(({ name }) => name));
  if (options.label !== undefined && carried.has(options.label))
    throw new InferenceError(
      `--label ${options.label}: the graph takes ${options.label} for a feature, as an input of that name; the ground truth is another column`,
    );
  const found = options.label === undefined ? labelAmong(search, { assignment, data }, signature) : { hints: [] };
  const label = options.label ?? found.guess?.label;
  const rest = names.filter((name) => !carried.has(name) && !special.has(name) && name !== label);
  return {
    contract: Contract.parse({
      features,
      data: {
        ...(options.id === undefined ? {} : { id: options.id }),
        ...(options.time === undefined ? {} : { time: options.time }),
        ...(label === undefined ? {} : { label }),
        extra: rest,
      },
      file: options.id === undefined || options.guessed?.has(options.id) ? {} : { unique: [options.id] },
    }),
    taken: takenColumns(names, { carried, kinds, label, labelWhy: found.guess?.why ?? '--label', options }),
    ...(order === undefined ? {} : { order }),
    constant,
    likely: likelyOf(rest, { data, kinds }, options),
    hints: found.hints,
    ...(found.guess === undefined ? {} : { guess: found.guess }),
    spare: assignment.spare.map((column) => ({ column, why: kinds.get(column)!.why })),
    swallowed:
      options.label === undefined || options.labels?.sure.has(options.label)
        ? []
        : swallowedHints(search.held, assignment),
  };
}

/** The only identifier and the only time among the columns that nothing takes, those that are left out apart. */
function likelyOf(
  rest: readonly string[],
  { data, kinds }: { readonly data: Profile; readonly kinds: ReadonlyMap<string, ColumnKind> },
  { id, time, ignore = [] }: InferOptions,
): InferredContract['likely'] {
  const only = (kind: ColumnKind['kind'], preferred: (name: string) => boolean): string | undefined => {
    const found = rest.filter((name) => kinds.get(name)?.kind === kind && !ignore.includes(name));
    return [found, found.filter(preferred)].find(({ length }) => length === 1)?.[0];
  };
  const found = {
    id: id === undefined ? only('identifier', isIdName) : undefined,
    // A day as a number beside a time that is written out is the same said twice.
    time: time === undefined ? only('time', (name) => data.columns[name]!.kind === 'categorical') : undefined,
  };
  return {
    ...(found.id === undefined ? {} : { id: found.id }),
    ...(found.time === undefined ? {} : { time: found.time }),
  };
}

function assertKnown(names: readonly string[], { id, time, label, ignore, features }: InferOptions): void {
  const wanted = [
    ...Object.entries({ '--id': id, '--time': time, '--label': label }),
    ...(ignore ?? []).map((name) => ['--ignore', name] as const),
    ...(features ?? []).map((name) => ['--features', name] as const),
  ];
  const known = new Set(names);
  for (const [option, name] of wanted)
    if (name !== undefined && !known.has(name))
      throw new InferenceError(
        `${option}: the data has no column ${name}${didYouMean(name, names)}; it has ${namesText(names)}`,
      );
  const seen = new Map<string, string>();
  for (const [option, name] of wanted) {
    if (name === undefined) continue;
    const before = seen.get(name);
    if (before !== undefined)
      throw new InferenceError(
        before === option ? `${option} names ${name} twice` : `${name} is named by ${before} and by ${option}`,
      );
    seen.set(name, option);
  }
}

/** Characters of a feature's name at most. */
const MAX_NAME = 128;

/** Names that a contract cannot have, where the data has them: nobody would find the column by the schema's message. */
function assertNames(names: readonly string[], features: ReadonlySet<string>): void {
  for (const [i, name] of names.entries()) {
    const column = `column ${i + 1} of the data`;
    if (name === '__proto__')
      throw new InferenceError(`${column} is called __proto__, which no column can be: rename it`);
    if (!features.has(name)) continue;
    if (name === '') {
      const before = i === 0 ? '' : ` (after ${names[i - 1]})`;
      throw new InferenceError(`${column}${before} has no name, and the model takes it: write its name in the header`);
    }
    if (name.length > MAX_NAME)
      throw new InferenceError(
        `${column} has a name of ${name.length} characters, ${name.slice(0, 24)}…, and the model takes it: a feature has at most ${MAX_NAME}; rename it in the header`,
      );
  }
}

const kindsOf = (data: Profile, facts: InferOptions['facts']): ReadonlyMap<string, ColumnKind> =>
  new Map(
    Object.entries(data.columns).flatMap(([name, column]) => {
      const kind = columnKind(name, column, facts?.get(name));
      return kind === undefined ? [] : [[name, kind] as const];
    }),
  );

interface FeatureOptions extends Pick<InferOptions, 'strict' | 'facts' | 'extremes'> {
  readonly kinds: ReadonlyMap<string, ColumnKind>;
  /** Receives the names of those with one value throughout. */
  readonly constant: string[];
}

function featuresOf({ spec, columns }: AssignedInput, data: Profile, options: FeatureOptions): InputFeature[] {
  return columns.map((name, index) => {
    const feature = featureOf(name, spec, data.columns[name]!, options);
    if (name === spec.name && columns.length === 1) return feature;
    return { ...feature, input: spec.name, index };
  });
}

function featureOf(
  name: string,
  input: TensorSpec,
  column: ColumnProfile,
  { strict, facts, extremes, kinds, constant }: FeatureOptions,
): InputFeature {
  const missing =
    column.missing > 0 && (input.type === 'string' || input.type.startsWith('float')) ? 'allow' : 'reject';
  const base = {
    name,
    missing,
    onViolation: 'reject',
    personal: 'no',
    ...(kinds.has(name) ? { drift: false } : {}),
  } as const;
  if (input.type === 'string') return { ...base, type: 'string', ...allowedOf(column, kinds.has(name)) };
  if (input.type === 'bool' || isTrueOrFalse(column)) return { ...base, type: 'boolean' };
  const type = input.type.startsWith('float') ? 'float' : 'integer';
  if (column.missing === column.rows) {
    if (type === 'float') return { ...base, type };
    throw new InferenceError(
      `input ${input.name} takes ${input.type}, which no missing value goes into, and column ${name} has nothing else`,
    );
  }
  if (column.kind !== 'numeric') {
    const unread = unreadNumbers(column);
    const odd = unread === undefined || unread === 'decimal commas' ? column.categories : unread.odd;
    const rest =
      odd.length < column.categories.length
        ? ' among its numbers: correct it, or leave the cell empty where there is none'
        : '';
    throw new InferenceError(
      `input ${input.name} takes ${input.type}, and column ${name} holds text such as ${odd[0] === undefined ? 'nothing' : `'${odd[0]}'`}${rest}`,
    );
  }
  const { min, max } = column;
  if (min === null || max === null) return { ...base, type };
  const exact = type === 'integer' ? extremes?.get(name) : undefined;
  if (exact === undefined ? min === max : exact.least === exact.most) {
    constant.push(name);
    return { ...base, type };
  }
  const whole = type === 'integer' || facts?.get(name)?.whole === true;
  const range =
    exact === undefined
      ? within(input, whole ? widenedWhole(min, max) : widened(min, max))
      : withinExact(input, widenedExact(exact.least, exact.most));
  return { ...base, type, ...range, ...(strict ? {} : flagging(range)) };
}

/** The values of a text that are all there are; none where hardly one comes back. */
function allowedOf(column: ColumnProfile, odd: boolean): Pick<InputFeature, 'allowed'> {
  if (odd || column.kind !== 'categorical' || column.other > 0) return {};
  const { categories, rows, missing } = column;
  const closed = categories.length <= MAX_ALLOWED && (rows - missing) / categories.length >= MIN_REPEATED;
  return closed && categories.length > 0 ? { allowed: categories.toSorted() } : {};
}

/** What of a range the input's type does not say already. */
function within({ type }: TensorSpec, { min, max }: { min: number; max: number }): Pick<Feature, 'min' | 'max'> {
  const own = numberRange(type);
  return {
    ...(own !== undefined && min <= own.lowest ? {} : { min }),
    ...(own !== undefined && max >= own.highest ? {} : { max }),
  };
}

function withinExact({ type }: TensorSpec, { min, max }: { min: bigint; max: bigint }): Pick<Feature, 'min' | 'max'> {
  const own = integerRange(type);
  return {
    ...(own !== undefined && min <= own.lowest ? {} : { min: statedInteger(min) }),
    ...(own !== undefined && max >= own.highest ? {} : { max: statedInteger(max) }),
  };
}
