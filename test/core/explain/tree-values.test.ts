import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ensemble } from '../../../core/explain/ensemble.ts';
import { walkerOf } from '../../../core/explain/tree-values.ts';
import { byDefinition, COLUMNS, ensembles, rows, scoreOf } from './brute-force.ts';

/** Which player owns each column: several columns may belong to one, and to nobody (-1). */
const owners = () => fc.array(fc.integer({ min: -1, max: 3 }), { minLength: COLUMNS, maxLength: COLUMNS });
const ALONE = Array.from({ length: COLUMNS }, (_, i) => i);

function valuesOf(ensemble: Ensemble, playerOf: readonly number[], x: number[], z: number[]): number[] {
  const players = Math.max(...playerOf, 0) + 1;
  const values = new Float64Array(players);
  walkerOf(ensemble, playerOf, players, 0).add(Float64Array.from(x), Float64Array.from(z), values);
  return [...values];
}

const mixed = (playerOf: readonly number[], x: readonly number[], z: readonly number[]) => (coalition: number) =>
  playerOf.map((player, i) => (player === -1 || coalition & (1 << player) ? x[i]! : z[i]!));

const close = (found: readonly number[], wanted: readonly number[]): void => {
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 9);
};

describe('walkerOf', () => {
  it('gives the values that all coalitions give, for players of one or several columns, in every mode of splits', () => {
    fc.assert(
      fc.property(ensembles(), owners(), rows(), rows(), (ensemble, playerOf, x, z) => {
        const players = Math.max(...playerOf, 0) + 1;
        const game = mixed(playerOf, x, z);
        const wanted = byDefinition(players, (coalition) => scoreOf(ensemble, game(coalition)));
        close(valuesOf(ensemble, playerOf, x, z), wanted);
      }),
      { numRuns: 200 },
    );
  });

  it('scores rows as the trees say', () => {
    fc.assert(
      fc.property(ensembles(2), rows(), (ensemble, x) => {
        for (const raw of [0, 1])
          expect(walkerOf(ensemble, ALONE, COLUMNS, raw).score(Float64Array.from(x))).toBeCloseTo(
            scoreOf(ensemble, x, raw),
            9,
          );
      }),
    );
  });

  it('is locally accurate: the values sum to the difference of the scores', () => {
    fc.assert(
      fc.property(ensembles(), rows(), rows(), (ensemble, x, z) => {
        const sum = valuesOf(ensemble, ALONE, x, z).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(scoreOf(ensemble, x) - scoreOf(ensemble, z), 9);
      }),
    );
  });

  it('gives a column that no split reads, or that is the same in both rows, nothing', () => {
    fc.assert(
      fc.property(ensembles(), rows(), rows(), fc.nat(COLUMNS - 1), (ensemble, x, z, same) => {
        const values = valuesOf(ensemble, ALONE, x, z.with(same, x[same]!));
        expect(values[same]).toBe(0);
        for (const column of ALONE) if (!ensemble.column.includes(column)) expect(values[column]).toBe(0);
      }),
    );
  });

  it('gives two columns that do the same the same', () => {
    fc.assert(
      fc.property(ensembles(), rows(), rows(), (ensemble, x, z) => {
        // A second forest in which columns 0 and 1 have changed places, beside the first: now they are alike.
        const swapped = [1, 0];
        const column = ensemble.column.map((own) => swapped[own] ?? own);
        const alike = x.with(1, x[0]!);
        const other = z.with(1, z[0]!);
        const first = valuesOf(ensemble, ALONE, alike, other);
        const second = valuesOf({ ...ensemble, column }, ALONE, alike, other);
        expect(first[0]! + second[0]!).toBeCloseTo(first[1]! + second[1]!, 9);
      }),
    );
  });

  it('is linear: the values of all trees are the sums of the values of each', () => {
    fc.assert(
      fc.property(ensembles(), rows(), rows(), (ensemble, x, z) => {
        const each = [...ensemble.roots].map((root) =>
          valuesOf({ ...ensemble, roots: Int32Array.of(root) }, ALONE, x, z),
        );
        close(
          valuesOf(ensemble, ALONE, x, z),
          ALONE.map((column) => each.reduce((sum, values) => sum + values[column]!, 0)),
        );
      }),
    );
  });
});
