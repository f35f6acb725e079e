import fc from 'fast-check';
import { type Ensemble, MODES } from '../../../core/explain/ensemble.ts';

/** Shapley values by their definition: every coalition, 2^n of them. @param game worth of a coalition, a bit a player */
export function byDefinition(players: number, game: (coalition: number) => number): number[] {
  const worth = Array.from({ length: 1 << players }, (_, coalition) => game(coalition));
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: players }, (_, player) => {
    let value = 0;
    for (let coalition = 0; coalition < worth.length; coalition++) {
      if (coalition & (1 << player)) continue;
      const size = [...coalition.toString(2)].filter((bit) => bit === '1').length;
      const weight = (factorial(size) * factorial(players - size - 1)) / factorial(players);
      value += weight * (worth[coalition | (1 << player)]! - worth[coalition]!);
    }
    return value;
  });
}

/** The raw score of a row, followed through each tree by the words of the specification. */
export function scoreOf(ensemble: Ensemble, row: readonly number[], raw = 0): number {
  let sum = ensemble.base[raw]!;
  for (const root of ensemble.roots) {
    let at = root;
    while (ensemble.column[at] !== -1) {
      const x = row[ensemble.column[at]!]!;
      const t = ensemble.threshold[at]!;
      const holds = {
        LEQ: x <= t,
        LT: x < t,
        GTE: x >= t,
        GT: x > t,
        EQ: x === t,
        NEQ: x !== t,
        MEMBER: ensemble.members.get(at)?.has(x) === true,
      }[MODES[ensemble.mode[at]!]!];
      at = (holds || (Number.isNaN(x) && ensemble.missingYes[at] === 1) ? ensemble.yes : ensemble.no)[at]!;
    }
    for (const [column, weight] of ensemble.weights.get(at) ?? []) if (column === raw) sum += weight * ensemble.factor;
  }
  return sum;
}

type Tree =
  | { readonly weights: readonly number[] }
  | {
      readonly column: number;
      readonly mode: number;
      readonly threshold: number;
      readonly missing: number;
      readonly yes: Tree;
      readonly no: Tree;
    };

export const COLUMNS = 6;

/** Few values, so that columns and thresholds often meet; missing ones too. */
export const cells = () => fc.constantFrom(-1, -0.5, 0, 0.5, 1, Number.NaN);
export const rows = () => fc.array(cells(), { minLength: COLUMNS, maxLength: COLUMNS });

const trees = (raws: number): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, depthSize: 'large' },
      fc.record({ weights: fc.array(fc.integer({ min: -8, max: 8 }), { minLength: raws, maxLength: raws }) }),
      fc.record({
        column: fc.nat(COLUMNS - 1),
        mode: fc.nat(MODES.length - 1),
        threshold: fc.constantFrom(-1, -0.5, 0, 0.5, 1),
        missing: fc.nat(1),
        yes: tie('tree'),
        no: tie('tree'),
      }),
    ),
  })).tree;

/** Ensembles of any shape, split by every mode. */
export const ensembles = (raws = 1): fc.Arbitrary<Ensemble> =>
  fc
    .record({
      forest: fc.array(trees(raws), { minLength: 1, maxLength: 4 }),
      base: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: raws, maxLength: raws }),
      factor: fc.constantFrom(1, 0.25),
    })
    .map(({ forest, base, factor }) => ensembleOf(forest, base, factor));

export function ensembleOf(forest: readonly Tree[], base: readonly number[], factor: number): Ensemble {
  const nodes: { column: number; mode: number; threshold: number; missing: number; yes: number; no: number }[] = [];
  const weights = new Map<number, (readonly [number, number])[]>();
  const members = new Map<number, ReadonlySet<number>>();
  const add = (tree: Tree): number => {
    const at = nodes.push({ column: -1, mode: 0, threshold: 0, missing: 0, yes: -1, no: -1 }) - 1;
    if ('weights' in tree) {
      weights.set(
        at,
        tree.weights.map((weight, raw) => [raw, weight] as const),
      );
      return at;
    }
    const { column, mode, threshold, missing } = tree;
    members.set(at, new Set([threshold, 0]));
    nodes[at] = { column, mode, threshold, missing, yes: add(tree.yes), no: add(tree.no) };
    return at;
  };
  const roots = Int32Array.from(forest.map(add));
  return {
    roots,
    column: Int32Array.from(nodes, (node) => node.column),
    mode: Uint8Array.from(nodes, (node) => node.mode),
    threshold: Float64Array.from(nodes, (node) => node.threshold),
    yes: Int32Array.from(nodes, (node) => node.yes),
    no: Int32Array.from(nodes, (node) => node.no),
    missingYes: Uint8Array.from(nodes, (node) => node.missing),
    members,
    weights,
    transform: 'NONE',
    rawColumns: base.length,
    columns: base.length,
    base,
    factor,
  };
}
