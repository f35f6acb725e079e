import { sqlName } from '../sql-text.ts';
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
  sqlOf: () => ({
    column: 'DOUBLE',
    dataset: 'DOUBLE',
    value: sqlName,
    missing: (name) => `${sqlName(name)} IS NULL OR isnan(${sqlName(name)})`,
  }),
  openApi: (input) => numberSchema(input, false),
  example: 0,
  toJson: numberToJson,
};
