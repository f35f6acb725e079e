import { InputError } from '../../core/contract/input-error.ts';
import { halfValue } from '../../core/model/half.ts';
import type { TensorData } from '../../core/model/tensor.ts';

/** An output's elements by row. */
export interface RowOutput {
  /** Elements of a row. */
  readonly width: number;
  /** NaN or infinite where it is no number: values could not add up to it. */
  score(row: number, column: number): number;
}

/**
 * An output as explanations read it: one score is explained a row.
 *
 * @param rows rows that the model was asked about
 * @throws InputError unless the output has as many
 */
export function rowOutput(name: string, { type, shape, data }: TensorData, rows: number): RowOutput {
  if (shape[0] !== rows)
    throw new InputError(
      `output ${name} is not by row, it has shape [${shape}] in a run of ${rows}: what is not cannot be explained`,
    );
  const width = data.length / rows;
  return {
    width,
    score(row, column) {
      const element = data[row * width + column];
      // float16 is carried by its bits.
      return type === 'float16' ? halfValue(Number(element)) : Number(element);
    },
  };
}
