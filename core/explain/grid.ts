/** Most parts that a side of a tensor may be cut into. */
export const MAX_PARTS = 16;

/** How a row of a tensor is cut into cells, which are the players of an explanation. */
export interface Grid {
  /** Axes that are cut, the batch's being 0; one or two. */
  readonly axes: readonly number[];
  /** Of each of them where parts begin, and where the last one ends. */
  readonly edges: readonly (readonly number[])[];
}

/** Sizes that an axis of channels has. */
const CHANNELS = [1, 3, 4];

/**
 * Cuts a tensor into up to `side` parts along each axis that has a place in it: both of a picture's, whether its channels
 * come first or last; the only one of a vector. Undefined where a row is one value, or has more axes than a picture.
 *
 * @param shape with the batch
 */
export function gridOf(shape: readonly number[], side: number): Grid | undefined {
  const axes = axesOf(shape);
  if (axes === undefined || axes.every((axis) => shape[axis]! < 2)) return undefined;
  // One axis has as many parts as two would have together.
  const most = axes.length === 1 ? side * side : side;
  return {
    axes,
    edges: axes.map((axis) => {
      const parts = Math.min(most, shape[axis]!);
      return Array.from({ length: parts + 1 }, (_, i) => Math.round((i * shape[axis]!) / parts));
    }),
  };
}

function axesOf(shape: readonly number[]): number[] | undefined {
  if (shape.length === 2) return [1];
  if (shape.length === 3) return [1, 2];
  if (shape.length !== 4) return undefined;
  return CHANNELS.includes(shape[3]!) || !CHANNELS.includes(shape[1]!) ? [1, 2] : [2, 3];
}

export const cellsIn = ({ edges }: Grid): number => edges.reduce((cells, own) => cells * (own.length - 1), 1);

/** What cells are called: as NumPy cuts them out of a row, `image[0:8, 16:24]`, row by row. */
export function cellNames(input: string, { axes, edges }: Grid): string[] {
  const before = ':, '.repeat(axes[0]! - 1);
  const parts = edges.map((own) => own.slice(1).map((to, i) => `${own[i]}:${to}`));
  return parts
    .reduce((names, own) => names.flatMap((name) => own.map((part) => (name === '' ? part : `${name}, ${part}`))), [''])
    .map((name) => `${input}[${before}${name}]`);
}

/** Which cell each element of a row is in, row-major. */
export function cellOf({ axes, edges }: Grid, shape: readonly number[]): Uint16Array {
  const sizes = shape.slice(1);
  const part = edges.map((own, i) => {
    const parts = new Uint16Array(shape[axes[i]!]!);
    for (let p = 0; p + 1 < own.length; p++) parts.fill(p, own[p], own[p + 1]);
    return parts;
  });
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1));
  const cells = new Uint16Array(sizes.reduce((a, b) => a * b, 1));
  for (let at = 0; at < cells.length; at++)
    for (let i = 0; i < axes.length; i++) {
      const axis = axes[i]! - 1;
      const place = Math.floor(at / strides[axis]!) % sizes[axis]!;
      cells[at] = cells[at]! * (edges[i]!.length - 1) + part[i]![place]!;
    }
  return cells;
}

/**
 * The most parts a side, of at most `side`, whose cells can each be taken once there and back in the time there is;
 * undefined when not even two can.
 *
 * @param runMs one row through the model
 */
export function sideFor(
  shape: readonly number[],
  { side, rows, runMs, leftMs }: { side: number; rows: number; runMs: number; leftMs: number },
): number | undefined {
  for (let parts = side; parts >= Math.min(2, side); parts--) {
    const grid = gridOf(shape, parts);
    if (grid !== undefined && 2 * (cellsIn(grid) + 1) * rows * runMs <= leftMs) return parts;
  }
  return undefined;
}
