import type { BoundInput } from '../../core/contract/bind.ts';
import { allocate } from '../../core/contract/elements.ts';
import type { MaskedSample } from '../../core/explain/sampled.ts';
import type { TensorData } from '../../core/model/tensor.ts';

type Tensors = Readonly<Record<string, TensorData>>;

/** Largest batch of mixtures, in elements. */
export const MAX_ELEMENTS = 1 << 18;

/**
 * Makes a model's feeds of rows that are part an explained row, part a background row.
 *
 * @param bound    the contract bound to the graph's inputs
 * @param playerOf feature in the order of the binding -> player; -1 always is the explained row's
 */
export function masker(
  bound: readonly BoundInput[],
  playerOf: ArrayLike<number>,
  rows: Tensors,
  background: Tensors,
): (mixtures: readonly MaskedSample[]) => Record<string, TensorData> {
  return (mixtures) => {
    const feeds: Record<string, TensorData> = {};
    let feature = 0;
    for (const { spec, columns } of bound) {
      const own = rows[spec.name]!;
      if (columns === 0) {
        feeds[spec.name] = repeated(own, mixtures);
        continue;
      }
      const other = background[spec.name]!;
      const data = allocate(spec.type, mixtures.length * columns) as unknown[];
      mixtures.forEach(({ row, other: at, rank, coalitionSize }, i) => {
        for (let column = 0; column < columns; column++) {
          const player = playerOf[feature + column]!;
          const isOwn = player === -1 || rank[player]! < coalitionSize;
          data[i * columns + column] = isOwn ? own.data[row * columns + column] : other.data[at * columns + column];
        }
      });
      feature += columns;
      const shape = spec.shape.length === 1 ? [mixtures.length] : [mixtures.length, columns];
      feeds[spec.name] = { type: spec.type, shape, data: data as unknown as TensorData['data'] };
    }
    return feeds;
  };
}

/** What the contract is silent on belongs to the explained row: its rows where it has some, whole where it has none. */
export function repeated(tensor: TensorData, mixtures: readonly MaskedSample[]): TensorData {
  const [rows] = tensor.shape;
  if (rows === undefined || rows <= Math.max(0, ...mixtures.map(({ row }) => row))) return tensor;
  const width = tensor.data.length / rows;
  const data = allocate(tensor.type, mixtures.length * width) as unknown[];
  mixtures.forEach(({ row }, i) => {
    for (let j = 0; j < width; j++) data[i * width + j] = tensor.data[row * width + j];
  });
  return {
    type: tensor.type,
    shape: [mixtures.length, ...tensor.shape.slice(1)],
    data: data as unknown as TensorData['data'],
  };
}

/** How many mixtures go into one run. */
export interface MixtureBatch {
  readonly batch: number;
  /** Whether the graph takes just so many, so that fewer are to be filled up. */
  readonly fixed: boolean;
}

/** Mixtures in one run: enough to be worth one, few enough to look at the clock in between. */
export function batchOf(bound: readonly BoundInput[], maxBatch: number): MixtureBatch {
  const fixed = bound.find(({ spec, columns }) => columns > 0 && spec.shape[0]! > 0)?.spec.shape[0];
  if (fixed !== undefined) return { batch: fixed, fixed: true };
  const columns = bound.reduce((sum, input) => sum + Math.max(1, input.columns), 0);
  return { batch: Math.max(1, Math.min(1024, maxBatch, Math.floor(MAX_ELEMENTS / columns))), fixed: false };
}

/** As many mixtures as a graph of a fixed number of rows takes, the last one repeated. */
export const filledUp = (mixtures: readonly MaskedSample[], batch: number): MaskedSample[] =>
  Array.from({ length: batch }, (_, i) => mixtures[i] ?? mixtures.at(-1)!);
