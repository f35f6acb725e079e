import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellNames, cellOf, cellsIn, gridOf, sideFor } from '../../../core/explain/grid.ts';

const shapes = () =>
  fc.oneof(
    fc.tuple(fc.constant(2), fc.integer({ min: 2, max: 40 })),
    fc.tuple(fc.constant(2), fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 20 })),
    fc.tuple(fc.constant(1), fc.integer({ min: 5, max: 20 }), fc.integer({ min: 5, max: 20 }), fc.constantFrom(1, 3)),
    fc.tuple(fc.constant(1), fc.constantFrom(1, 3), fc.integer({ min: 5, max: 20 }), fc.integer({ min: 5, max: 20 })),
  );

describe('a grid', () => {
  it('has every element of a row in one cell, and as many of each cell as its edges say', () => {
    fc.assert(
      fc.property(shapes(), fc.integer({ min: 1, max: 6 }), (shape, side) => {
        const grid = gridOf(shape, side)!;
        const cells = cellOf(grid, shape);
        expect(cells).toHaveLength(shape.slice(1).reduce((a, b) => a * b, 1));
        const counts = new Array<number>(cellsIn(grid)).fill(0);
        for (const cell of cells) counts[cell]!++;
        const rest = shape
          .slice(1)
          .filter((_, i) => !grid.axes.includes(i + 1))
          .reduce((a, b) => a * b, 1);
        const sizes = grid.edges.map((own) => own.slice(1).map((to, i) => to - own[i]!));
        const wanted = sizes.reduce((all, own) => all.flatMap((a) => own.map((b) => a * b)), [rest]);
        expect(counts).toEqual(wanted);
        // As even as whole numbers can be.
        for (const own of sizes) expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1);
        expect(cellNames('x', grid)).toHaveLength(counts.length);
      }),
    );
  });

  it('cuts height and width of a picture, wherever its channels are, and names the cells as they are cut out', () => {
    const [last, first] = [gridOf([1, 4, 6, 3], 2)!, gridOf([1, 3, 4, 6], 2)!];
    expect(cellNames('image', last)).toEqual([
      'image[0:2, 0:3]',
      'image[0:2, 3:6]',
      'image[2:4, 0:3]',
      'image[2:4, 3:6]',
    ]);
    expect(cellNames('image', first)[1]).toBe('image[:, 0:2, 3:6]');
    const at = (shape: number[], ...place: number[]) => place.reduce((sum, x, i) => sum * shape[i + 1]! + x, 0);
    expect(cellOf(last, [1, 4, 6, 3])[at([1, 4, 6, 3], 3, 2, 1)]).toBe(2);
    expect(cellOf(first, [1, 3, 4, 6])[at([1, 3, 4, 6], 1, 3, 2)]).toBe(2);
    expect(cellNames('v', gridOf([1, 5], 2)!)).toEqual(['v[0:1]', 'v[1:3]', 'v[3:4]', 'v[4:5]']);
  });

  it('is not to be had of one value, or of more axes than a picture has', () => {
    expect(gridOf([3], 2)).toBeUndefined();
    expect(gridOf([3, 1], 2)).toBeUndefined();
    expect(gridOf([1, 2, 3, 4, 5], 2)).toBeUndefined();
  });

  it('is as fine as there is time for', () => {
    const shape = [1, 100, 100, 3];
    const side = (runMs: number) => sideFor(shape, { side: 5, rows: 1, runMs, leftMs: 1000 });
    expect([side(1), side(1000 / 52), side(20), side(1000 / 10), side(101)]).toEqual([5, 5, 4, 2, undefined]);
    expect(sideFor(shape, { side: 5, rows: 10, runMs: 10, leftMs: 1000 })).toBe(2);
    // Whoever asks for one part gets it.
    expect(sideFor(shape, { side: 1, rows: 1, runMs: 10, leftMs: 1000 })).toBe(1);
  });
});
