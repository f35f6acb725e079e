import { isKept } from '../../model/kept-text.ts';
import type { ValueType } from './value-type.ts';

/** For JSON Schema. */
export const NO_NUL = '^[^\\u0000]*$';

/** Unicode text without NUL. A text of nothing is one, too: what is missing is null, or no text at all. */
export const string: ValueType = {
  text: 'a string',
  read(raw) {
    if (raw === null) return null;
    return typeof raw === 'string' && raw.isWellFormed() ? raw : undefined;
  },
  accepts: (value) => typeof value === 'string' && isKept(value),
  certain: {},
  openApi: () => ({ type: 'string', pattern: NO_NUL }),
  example: 'example',
  toJson: String,
};
