import type { TensorData, TensorValues } from '../../core/model/tensor.ts';
import { RunError } from '../../platform/onnx/errors.ts';
import type { LoadedVersion } from './loaded-version.ts';

type Tensors = Readonly<Record<string, TensorData>>;

/**
 * The first row of a request that a graph fails on, found by halves: all its runs together take about as long as the one
 * that has failed.
 *
 * @param feeds of a run that has failed
 * @returns counted from 0; undefined where the inputs are not rows of one request, or no row fails by itself
 */
export async function failingRow(
  { model, protocolModel }: Pick<LoadedVersion, 'model' | 'protocolModel'>,
  feeds: Tensors,
  rows: number,
): Promise<number | undefined> {
  const byRow = [...protocolModel.inputs].every(
    ([name, { shape }]) => shape[0] === -1 && feeds[name]?.shape[0] === rows,
  );
  if (!byRow || rows < 1) return undefined;
  const fails = async (from: number, to: number): Promise<boolean> => {
    try {
      await model.run(part(feeds, from, to));
      return false;
    } catch (error) {
      if (error instanceof RunError) return true;
      throw error;
    }
  };
  try {
    let [from, to] = [0, rows];
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2);
      if (await fails(from, middle)) to = middle;
      else from = middle;
    }
    // A graph that fails on rows together need not fail on any.
    return (await fails(from, to)) ? from : undefined;
  } catch {
    // It is only asked to say more about a failure, and must not become another one.
    return undefined;
  }
}

const part = (feeds: Tensors, from: number, to: number): Record<string, TensorData> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { type, shape, data }]) => {
      const width = data.length / shape[0]!;
      const values = data.slice(from * width, to * width) as TensorValues;
      return [name, { type, shape: [to - from, ...shape.slice(1)], data: values }];
    }),
  );
