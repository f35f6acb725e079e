import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MaskedSample, type SamplingOptions, type Score, sampledValues } from '../../../core/explain/sampled.ts';
import type { TimeBudget } from '../../../core/explain/time-budget.ts';
import { byDefinition } from './brute-force.ts';

const UNLIMITED: TimeBudget = { now: () => 0, pause: async () => undefined, until: 1 };
const N = 5;

/** A game on rows of five numbers that no player plays alone. */
const f = ([a, b, c, d, e]: readonly number[]): number => a! * b! + Math.max(c!, d!) - a! * c! * e! + 0.5 * d!;

const mix = (x: readonly number[], z: readonly number[], { rank, coalitionSize }: MaskedSample): number[] =>
  x.map((own, player) => (rank[player]! < coalitionSize ? own : z[player]!));

const scoring =
  (rows: readonly number[][], background: readonly number[][]): Score =>
  async (mixtures) =>
    mixtures.map((each) => f(mix(rows[each.row]!, background[each.other]!, each)));

const options = (rows: readonly unknown[], background: readonly unknown[], more: Partial<SamplingOptions> = {}) => ({
  rows: rows.length,
  background: background.length,
  players: N,
  permutations: 2,
  batch: 64,
  seed: 1,
  budget: UNLIMITED,
  ...more,
});

const numbers = () => fc.array(fc.integer({ min: -4, max: 4 }), { minLength: N, maxLength: N });
const tables = (maxLength: number) => fc.array(numbers(), { minLength: 1, maxLength });
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function exact(x: readonly number[], background: readonly (readonly number[])[]): number[] {
  const all = background.map((z) =>
    byDefinition(N, (coalition) => f(x.map((own, i) => (coalition & (1 << i) ? own : z[i]!)))),
  );
  return Array.from({ length: N }, (_, i) => mean(all.map((values) => values[i]!)));
}

describe('sampledValues', () => {
  it('sums to the score less the mean of the background, whatever the orders and the size of a batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables(3),
        tables(6),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(),
        async (rows, background, batch, seed) => {
          const found = await sampledValues(scoring(rows, background), options(rows, background, { batch, seed }));
          expect(found).toMatchObject({
            complete: true,
            backgroundRows: background.length,
            permutations: 4 * background.length,
          });
          for (const [i, { value, baseValue, values }] of found.rows.entries()) {
            expect(value).toBe(f(rows[i]!));
            expect(baseValue).toBeCloseTo(mean(background.map(f)), 9);
            expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(value - baseValue, 9);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('comes to the exact values as more orders are walked, within its standard errors', async () => {
    const rows = [[3, -2, 1, 4, 2]];
    const background = [[0, 1, -1, 2, 0], [2, 2, 2, -3, 1], [-1, 0, 3, 1, 4]]; // biome-ignore format: a table
    const wanted = exact(rows[0]!, background);
    const few = (await sampledValues(scoring(rows, background), options(rows, background))).rows[0]!;
    const many = (await sampledValues(scoring(rows, background), options(rows, background, { permutations: 400 })))
      .rows[0]!;
    for (const [i, value] of wanted.entries()) {
      expect(Math.abs(many.values[i]! - value)).toBeLessThan(4 * many.standardErrors![i]! + 1e-9);
      expect(many.standardErrors![i]!).toBeLessThan(0.15);
    }
    expect(mean([...many.standardErrors!])).toBeLessThan(mean([...few.standardErrors!]) / 5);
  });

  it('has standard errors that are as wide as its values spread, where many orders are walked', async () => {
    const rows = [[3, -2, 1, 4, 2]];
    const background = [[0, 1, -1, 2, 0], [2, 2, 2, -3, 1]]; // biome-ignore format: a table
    const runs = await Promise.all(
      Array.from({ length: 150 }, (_, seed) =>
        sampledValues(scoring(rows, background), options(rows, background, { permutations: 60, seed })),
      ),
    );
    const wanted = exact(rows[0]!, background);
    for (const [i, value] of wanted.entries()) {
      const squares = runs.map(({ rows: [row] }) => (row!.values[i]! - value) ** 2);
      const told = runs.map(({ rows: [row] }) => row!.standardErrors![i]! ** 2);
      if (mean(squares) > 1e-9) expect(mean(told) / mean(squares)).toBeGreaterThan(0.7);
      if (mean(squares) > 1e-9) expect(mean(told) / mean(squares)).toBeLessThan(1.4);
    }
  });

  /** Games of which few orders, or few background rows, show what they are about. */
  const games: [string, (taken: readonly boolean[], other: number) => number][] = [
    ['all players do together', (taken) => Number(taken.every(Boolean))],
    ['three players do together in one background row of ten', ([a, b, c], other) => Number(other === 3 && a && b && c)],
    ['one player does unless two others do', ([a, b, c]) => Number(a && !(b && c))],
    ['players do in turns, each row its own way', (taken, other) => Number(taken[other % N] && taken[(other * 3 + 1) % N] && !taken[(other + 2) % N]) + Number(taken[0])],
    ['players do by factors', (taken, other) => taken.reduce((product, own, i) => product * (own ? 1.5 : 0.5 + ((7 * i + 3 * other) % 5) / 4), 1)],
  ]; // biome-ignore format: a table

  it.each(games)(
    'holds the exact value within 1.96 standard errors in 95 of 100 draws, of what %s',
    async (_, game) => {
      const background = 10;
      const score: Score = async (mixtures) =>
        mixtures.map(({ other, rank, coalitionSize }) =>
          game(
            [...rank].map((at) => at < coalitionSize),
            other,
          ),
        );
      const all = Array.from({ length: background }, (_, other) =>
        byDefinition(N, (coalition) =>
          game(
            Array.from({ length: N }, (_, i) => (coalition & (1 << i)) > 0),
            other,
          ),
        ),
      );
      for (const permutations of [1, 2, 5]) {
        const held = new Array<number>(N).fill(0);
        const draws = 200;
        for (let seed = 0; seed < draws; seed++) {
          const [row] = (await sampledValues(score, options([1], all, { permutations, seed, batch: 1024 }))).rows;
          for (let i = 0; i < N; i++) {
            const error = Math.abs(row!.values[i]! - mean(all.map((values) => values[i]!)));
            if (error <= 1.96 * row!.standardErrors![i]! + 1e-9) held[i]!++;
          }
        }
        // What so many draws can tell from what is claimed: three standard deviations of each player, one of all of them.
        const sigma = Math.sqrt((0.05 * 0.95) / draws);
        for (const of of held) expect(of / draws).toBeGreaterThan(0.95 - 3 * sigma);
        expect(mean(held) / draws).toBeGreaterThan(0.95 - sigma);
      }
    },
  );

  it('knows that an order and its reverse are all that there are of two players', async () => {
    const score: Score = async (mixtures) =>
      mixtures.map(({ rank, coalitionSize }) => Number([...rank].every((at) => at < coalitionSize)));
    const [row] = (await sampledValues(score, { ...options([1], [1]), players: 2, permutations: 1 })).rows;
    expect(row).toMatchObject({ values: [0.5, 0.5], standardErrors: [0, 0] });
  });

  it('is exact at once where every player plays for itself', async () => {
    const sum: Score = async (mixtures) =>
      mixtures.map((each) => mix([1, 2, 3, 4, 5], [0, 0, 0, 0, 0], each).reduce((a, b) => a + b, 0));
    const [row] = (await sampledValues(sum, options([1], [1]))).rows;
    expect(row).toMatchObject({ value: 15, baseValue: 0, values: [1, 2, 3, 4, 5], standardErrors: [0, 0, 0, 0, 0] });
  });

  it('leaves a background row out for the rows that a mixture with it has no score of', async () => {
    const background = [
      [1, 2, 3, 4, 5],
      [0, 1, -1, 2, 3],
      [2, 2, 2, 2, 2],
      [-1, 0, 1, 0, -2],
    ];
    const rows = [
      [3, 1, 2, 0, 1],
      [-2, 1, 0, 1, 4],
    ];
    const score = scoring(rows, background);
    // Of the first row it is known only late in a walk, and only in some orders.
    const partly: Score = async (mixtures) =>
      (await score(mixtures)).map((value, i) => {
        const { row, other, rank, coalitionSize } = mixtures[i]!;
        if (row === 0 && other === 2 && coalitionSize === 3 && rank[0]! < 3) return Number.NaN;
        return row === 1 && other === 0 ? Number.POSITIVE_INFINITY : value;
      });
    for (const batch of [1, 64]) {
      const found = await sampledValues(partly, options(rows, background, { batch, permutations: 400 }));
      expect(found).toMatchObject({ complete: true, backgroundRows: 3 });
      for (const [i, { baseValue, value, values }] of found.rows.entries()) {
        const left = background.filter((_, other) => other !== [2, 0][i]);
        expect(baseValue).toBeCloseTo(mean(left.map(f)), 9);
        expect(baseValue + values.reduce((a, b) => a + b, 0)).toBeCloseTo(value, 9);
        for (const [k, each] of exact(rows[i]!, left).entries()) expect(Math.abs(values[k]! - each)).toBeLessThan(0.5);
      }
    }
    const never: Score = async (mixtures) => mixtures.map(({ row }) => (row === 0 ? Number.NaN : 1));
    const out = { ...UNLIMITED, now: () => 2 };
    expect((await sampledValues(never, options(rows, background))).backgroundRows).toBe(0);
    expect((await sampledValues(never, options(rows, background, { budget: out }))).backgroundRows).toBe(0);
  });

  it('gives what it knows when time is out, and still sums up', async () => {
    const rows = [[3, -2, 1, 4, 2], [1, 1, 1, 1, 1]]; // biome-ignore format: a table
    const background = Array.from({ length: 40 }, (_, i) => [i % 3, i % 5, i % 7, i % 2, -1]);
    let at = 0;
    const budget = { now: () => at++, pause: async () => undefined, until: 30 };
    const found = await sampledValues(scoring(rows, background), options(rows, background, { budget, batch: 10 }));
    expect(found.complete).toBe(false);
    expect(found.backgroundRows).toBeGreaterThan(0);
    expect(found.backgroundRows).toBeLessThan(40);
    for (const { value, baseValue, values, standardErrors } of found.rows) {
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(value - baseValue, 9);
      expect(standardErrors!.every((error) => error >= 0)).toBe(true);
    }
  });
});
