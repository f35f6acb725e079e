import { bigRange } from '../integer-range.ts';
import { numberSchema, numberToJson, readNumber } from './number.ts';
import type { ValueType } from './value-type.ts';

const { lowest: LOWEST, highest: HIGHEST } = bigRange('int64')!;
/** Up to here where an input takes them. */
const { highest: HIGHEST_UNSIGNED } = bigRange('uint64')!;
/** The largest number below 2^63. */
const HIGHEST_NUMBER = 2 ** 63 - 1_024;

/** A whole number of 64 bits, every digit kept. */
export const integer: ValueType = {
  text: 'an integer',
  read: (raw) => (raw instanceof Number ? undefined : readNumber(raw)),
  accepts(value, input) {
    if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) return false;
    return value >= LOWEST && value <= (input === 'uint64' ? HIGHEST_UNSIGNED : HIGHEST);
  },
  certain: { whole: true, lowest: Number(LOWEST), highest: HIGHEST_NUMBER },
  openApi: (input) => numberSchema(input, true),
  example: 0,
  toJson: numberToJson,
};
