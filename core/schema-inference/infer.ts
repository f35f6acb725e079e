import { Contract } from '../contract/contract.ts';
import { ownValue } from '../model/own-value.ts';
import type { Signature, TensorSpec } from '../model/signature.ts';
import type { ColumnProfile, Profile } from '../profile/profile.ts';

/** Graph and data do not go together; the message names what is missing. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
}

export interface InferOptions {
  readonly id?: string | undefined;
  readonly time?: string | undefined;
  readonly label?: string | undefined;
}

/** Text columns with at most this many values are taken for a closed list. */
const MAX_ALLOWED = 50;
/** How far ranges are widened beyond what was seen, as a share of the range. */
const MARGIN = 0.2;

type InputFeature = Contract['features'][number];

/**
 * A contract as the data suggests it: types from the graph, ranges a fifth wider than what was seen, closed lists for
 * text with few values, missing values allowed where there were some. It is a draft: people know what the data does
 * not show.
 *
 * An input [n] or [n, 1] takes the data's column of its name; an input [n, k] the k numeric columns that no other
 * input takes, in the order of the data.
 *
 * @throws InferenceError when an input finds no column
 */
export function inferContract(signature: Signature, data: Profile, { id, time, label }: InferOptions = {}): Contract {
  const names = Object.keys(data.columns);
  const special = new Set([id, time, label].filter((name) => name !== undefined));
  for (const name of special)
    if (!names.includes(name)) throw new InferenceError(`the data has no column ${name}; it has ${names.join(', ')}`);
  const single = signature.inputs.filter(({ shape }) => widthOf(shape) === 1);
  const taken = new Set(single.map(({ name }) => name));
  const features = signature.inputs.flatMap((input): InputFeature[] => {
    const width = widthOf(input.shape);
    if (width === 1) {
      const column = ownValue(data.columns, input.name);
      if (!column)
        throw new InferenceError(`input ${input.name} finds no column of its name; the data has ${names.join(', ')}`);
      return [featureOf(input.name, input, column)];
    }
    // An image or another tensor of values that are no features is beyond the contract.
    if (input.shape.length !== 2) return [];
    const rest = names.filter(
      (name) => !taken.has(name) && !special.has(name) && data.columns[name]!.kind === 'numeric',
    );
    if (width !== -1 && rest.length !== width)
      throw new InferenceError(
        `input ${input.name} takes ${width} columns, and the data has ${rest.length} numeric ones that no other input takes: ${rest.join(', ')}`,
      );
    return rest.map((name, index) => ({ ...featureOf(name, input, data.columns[name]!), input: input.name, index }));
  });
  const carried = new Set([...features.map(({ name }) => name), ...special]);
  return Contract.parse({
    features,
    data: {
      ...(id === undefined ? {} : { id }),
      ...(time === undefined ? {} : { time }),
      ...(label === undefined ? {} : { label }),
      extra: names.filter((name) => !carried.has(name)),
    },
    file: id === undefined ? {} : { unique: [id] },
  });
}

function widthOf(shape: readonly number[]): number {
  if (shape.length <= 1) return 1;
  return shape.length === 2 ? shape[1]! : Number.NaN;
}

function featureOf(name: string, input: TensorSpec, column: ColumnProfile): InputFeature {
  const missing =
    column.missing > 0 && (input.type === 'string' || input.type.startsWith('float')) ? 'allow' : 'reject';
  const base = { name, missing, onViolation: 'reject', personal: 'no' } as const;
  if (input.type === 'string') {
    const closed = column.kind === 'categorical' && column.other === 0 && column.categories.length <= MAX_ALLOWED;
    return {
      ...base,
      type: 'string',
      ...(closed && column.categories.length > 0 ? { allowed: column.categories.toSorted() } : {}),
    };
  }
  if (input.type === 'bool') return { ...base, type: 'boolean' };
  const type = input.type.startsWith('float') ? 'float' : 'integer';
  if (column.kind !== 'numeric')
    throw new InferenceError(
      `input ${name} takes ${input.type}, and its column holds text such as ${column.categories[0]}`,
    );
  if (column.min === null || column.max === null) return { ...base, type };
  return { ...base, type, ...widened(column.min, column.max) };
}

/** A range a fifth wider than what was seen, in numbers that are easily read; what was never negative stays so. */
export function widened(least: number, most: number): { min: number; max: number } {
  const margin = (most - least) * MARGIN;
  return {
    min: least >= 0 ? Math.max(0, down(least - margin)) : down(least - margin),
    max: most <= 0 ? Math.min(0, up(most + margin)) : up(most + margin),
  };
}

/** Two significant digits away from the data, so that people read them easily. */
const down = (x: number): number => rounded(x, Math.floor);
const up = (x: number): number => rounded(x, Math.ceil);

function rounded(x: number, to: (x: number) => number): number {
  if (x === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(x))) - 1);
  return Number((to(x / unit) * unit).toPrecision(12));
}
