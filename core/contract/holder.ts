import { isKept } from '../model/kept-text.ts';
import type { TensorType } from '../model/signature.ts';
import { wholeOf } from './elements.ts';
import { bigRange, numberRange, type Range } from './integer-range.ts';
import type { Cell, Certain } from './types/value-type.ts';

/** How an input's elements hold the values of a feature, whatever the contract says of them. */
export interface Holder<T extends number | bigint | string> {
  /** A value as an element; undefined where the element's type has none for it. */
  hold(cell: Cell): T | undefined;
  /** What stands in for a value that is not held; the tensor is not run on then. */
  readonly empty: T;
  /** Values that are held for certain. */
  readonly certain: Certain;
}

/** Floating-point elements hold all there is: what is no number is NaN. */
const FLOATS: Holder<number> = {
  hold: (cell) => (typeof cell === 'number' || typeof cell === 'bigint' ? Number(cell) : Number.NaN),
  empty: Number.NaN,
  certain: {},
};

const within = ({ lowest, highest }: Range<number>): Holder<number> => ({
  hold(cell) {
    const x = typeof cell === 'bigint' ? Number(cell) : cell;
    return typeof x === 'number' && Number.isInteger(x) && x >= lowest && x <= highest ? x : undefined;
  },
  empty: 0,
  certain: { whole: true, lowest, highest },
});

/** How numbers and booleans are held by the types that are filled with numbers. */
export function numberHolder(type: TensorType): Holder<number> {
  const range = type === 'bool' ? { lowest: 0, highest: 1 } : numberRange(type);
  return range === undefined ? FLOATS : within(range);
}

/** How integers of 64 bits are held, every digit kept; undefined for all other types. */
export function bigHolder(type: TensorType): Holder<bigint> | undefined {
  const range = bigRange(type);
  if (range === undefined) return undefined;
  const { lowest, highest } = range;
  return {
    hold(cell) {
      const x = wholeOf(cell);
      return x !== undefined && x >= lowest && x <= highest ? x : undefined;
    },
    empty: 0n,
    certain: { lowest: Number(lowest), highest: Number.MAX_SAFE_INTEGER },
  };
}

/** Strings that are missing, or whose place another value takes, are empty. */
export const STRINGS: Holder<string> = {
  hold(cell) {
    if (typeof cell !== 'string') return '';
    return isKept(cell) ? cell : undefined;
  },
  empty: '',
  certain: {},
};
