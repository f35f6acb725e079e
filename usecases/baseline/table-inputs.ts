import type { CompiledContract } from '../../core/contract/check.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';

/** Rows of a table as the inputs of a request. */
export const inputsOf = (check: CompiledContract, rows: readonly Record<string, unknown>[]): Map<string, RawTensor> =>
  inputsOfColumns(
    check,
    check.features.map(({ name }) => rows.map((row) => row[name])),
    rows.length,
  );

/**
 * The same of columns.
 *
 * @param columns values of the features of `check`, in their order
 */
export function inputsOfColumns(
  check: CompiledContract,
  columns: readonly (readonly unknown[])[],
  rows: number,
): Map<string, RawTensor> {
  return new Map(
    check.inputs.map(({ name, shape }) => {
      const own = columns.filter((_, i) => (check.features[i]!.input ?? check.features[i]!.name) === name);
      const data = new Array<unknown>(rows * own.length);
      for (const [at, column] of own.entries())
        for (let row = 0; row < rows; row++) data[row * own.length + at] = column[row];
      return [name, { shape: shape.length === 1 ? [rows] : [rows, own.length], data }];
    }),
  );
}
