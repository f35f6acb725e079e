import { sqlName } from '../sql-text.ts';
import type { ValueType } from './value-type.ts';

/** ONNX Runtime's strings stop at NUL: what would be cut off in silence is refused. */
export const hasNul = (text: string): boolean => text.includes('\0');

/** For JSON Schema. */
export const NO_NUL = '^[^\\u0000]*$';

/** Text without NUL; nothing between the quotes is a missing value, because that is all a file of text can say. */
export const string: ValueType = {
  text: 'a string',
  read(raw) {
    if (raw === null || raw === '') return null;
    return typeof raw === 'string' ? raw : undefined;
  },
  accepts: (value) => typeof value === 'string' && !hasNul(value),
  certain: {},
  sql: {
    column: 'VARCHAR',
    dataset: 'VARCHAR',
    value: sqlName,
    missing: (name) => `${sqlName(name)} IS NULL OR ${sqlName(name)} = ''`,
    wrong: (name) => `contains(${sqlName(name)}, chr(0))`,
  },
  openApi: () => ({ type: 'string', pattern: NO_NUL }),
  example: 'example',
  toJson: String,
};
