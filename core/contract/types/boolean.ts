import { readNumber } from './number.ts';
import type { ValueType } from './value-type.ts';

/** true and false, or 1 and 0, which is how tables and binary tensors have them. */
export const boolean: ValueType = {
  text: 'true or false',
  read(raw) {
    if (typeof raw === 'boolean') return Number(raw);
    // A fraction that a double rounds to 1 is none of them.
    return raw instanceof Number ? undefined : readNumber(raw);
  },
  accepts: (value) => value === 0 || value === 1 || value === 0n || value === 1n,
  certain: { values: [0, 1], booleans: true },
  openApi: (input) => (input === 'bool' ? { type: 'boolean' } : { enum: [false, true, 0, 1] }),
  example: 0,
  toJson: (value) => Number(value) === 1,
};
