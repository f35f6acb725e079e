import type { CompiledContract } from '../../core/contract/check.ts';
import type { RawTensor } from '../../core/contract/raw-tensor.ts';

/** Rows of the table as the inputs of a request. */
export function inputsOf(check: CompiledContract, rows: readonly Record<string, unknown>[]): Map<string, RawTensor> {
  return new Map(
    check.inputs.map(({ name, shape }) => {
      const features = check.features.filter((f) => (f.input ?? f.name) === name);
      const data = new Array<unknown>(rows.length * features.length);
      let at = 0;
      for (const row of rows) for (const feature of features) data[at++] = row[feature.name];
      return [name, { shape: shape.length === 1 ? [rows.length] : [rows.length, features.length], data }];
    }),
  );
}
