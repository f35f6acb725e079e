import { numberSchema, numberToJson, readNumber } from './number.ts';
import type { ValueType } from './value-type.ts';

/** A floating-point number of 64 bits. NaN is a missing value; infinities are another rule's business. */
export const float: ValueType = {
  text: 'a number',
  read(raw) {
    const cell = readNumber(raw);
    return typeof cell === 'bigint' ? Number(cell) : cell;
  },
  accepts: (value) => typeof value === 'number',
  certain: {},
  openApi: (input) => numberSchema(input, false),
  example: 0,
  toJson: numberToJson,
};
