import type { TensorType } from '../../model/signature.ts';
import { integerRange } from '../integer-range.ts';
import type { Cell, JsonSchema, Value } from './value-type.ts';

/** Reads a number of any kind; NaN is how numbers say that there is none. */
export function readNumber(raw: unknown): Cell {
  if (typeof raw === 'number') return Number.isNaN(raw) ? null : raw;
  if (raw === null || typeof raw === 'bigint') return raw;
  // Fractional as it was written: the double nearest to it.
  return raw instanceof Number ? readNumber(raw.valueOf()) : undefined;
}

/** What an input of numbers takes. */
export function numberSchema(input: TensorType, whole: boolean): JsonSchema {
  const range = integerRange(input);
  return {
    type: whole || range !== undefined ? 'integer' : 'number',
    ...(range === undefined ? {} : { minimum: range.lowest, maximum: range.highest }),
  };
}

export const numberToJson = (value: Value): number => Number(value);
