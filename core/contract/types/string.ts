import type { ValueType } from './value-type.ts';

/**
 * Whether a text reaches a graph, or a file, as it is: ONNX Runtime's strings stop at NUL, and half a surrogate pair has
 * no UTF-8. What would be cut off or replaced in silence is refused.
 */
export const isKept = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

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
