import { type Ensemble, MODES } from './ensemble.ts';

/**
 * Exact interventional Shapley values of a tree ensemble, in time linear in the nodes.
 *
 * Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees", Nature Machine
 * Intelligence 2, algorithm 3 (independent tree SHAP). The game is played between the row that is explained, x, and one
 * row of the background, z: a coalition takes its players' columns from x, all others from z. A leaf is reached by a
 * coalition S exactly when S has all of U and none of V, the players that only x, and only z, sends towards it; its
 * weight is then shared among them by 1 / (|U| C(|U|+|V|, |U|)) and the like. A player may own several columns (a
 * category as a one-hot vector): the first split on which x and z part decides for all of them.
 */

/** The two modes that exporters write; the others are rare. */
const [LEQ, LT] = [MODES.indexOf('LEQ'), MODES.indexOf('LT')];

/** One raw column of an ensemble, made ready for walking. */
export interface Walker {
  /** Raw score of a row of the ensemble's columns, before any transform. */
  score(row: Float64Array): number;
  /**
   * Adds the values of x against z to `values`, one a player. They sum to score(x) less the score of z with the
   * columns of nobody taken from x.
   */
  add(x: Float64Array, z: Float64Array, values: Float64Array): void;
}

/**
 * @param playerOf column of the ensemble -> player, or -1 for a column that always is x's
 * @param column   which raw score; as many as `ensemble.rawColumns`
 */
export function walkerOf(ensemble: Ensemble, playerOf: ArrayLike<number>, players: number, column: number): Walker {
  const { roots, yes, no, factor, column: columns, mode, threshold, missingYes } = ensemble;
  const leaves = new Float64Array(ensemble.column.length);
  for (const [leaf, list] of ensemble.weights)
    for (const [raw, weight] of list) if (raw === column && leaf >= 0) leaves[leaf]! += weight * factor;
  const owner = Int32Array.from(ensemble.column, (own) => (own === -1 ? -1 : playerOf[own]!));
  const shares = sharesOf(players);

  /** Who sends the walk: 0 both or nobody yet, 1 x, 2 z. */
  const side = new Uint8Array(players);
  let fromX = 0;
  let fromZ = 0;
  let x: Float64Array;
  let z: Float64Array;
  let values: Float64Array;
  /** What the subtree gives to each player of U, as the result; to each of V (taken away), in `toZ`. */
  let toZ = 0;
  function walk(node: number): number {
    let at = node;
    for (;;) {
      if (columns[at] === -1) {
        const weight = leaves[at]!;
        toZ = fromZ === 0 ? 0 : weight * shares(fromZ, fromX);
        return fromX === 0 ? 0 : weight * shares(fromX, fromZ);
      }
      const player = owner[at]!;
      if (player === -1 || side[player] === 1) {
        at = next(at, x);
        continue;
      }
      if (side[player] === 2) {
        at = next(at, z);
        continue;
      }
      const byX = next(at, x);
      const byZ = next(at, z);
      if (byX !== byZ) return part(player, byX, byZ);
      at = byX;
    }
  }
  function part(player: number, byX: number, byZ: number): number {
    side[player] = 1;
    fromX++;
    const gain = walk(byX);
    const lossBeside = toZ;
    fromX--;
    side[player] = 2;
    fromZ++;
    const gainBeside = walk(byZ);
    const loss = toZ;
    fromZ--;
    side[player] = 0;
    values[player]! += gain - loss;
    toZ = lossBeside + loss;
    return gain + gainBeside;
  }
  return {
    score(row) {
      let sum = ensemble.base[column]!;
      for (const root of roots) {
        let at = root;
        while (columns[at] !== -1) at = next(at, row);
        sum += leaves[at]!;
      }
      return sum;
    },
    add(rowX, rowZ, into) {
      x = rowX;
      z = rowZ;
      values = into;
      for (const root of roots) walk(root);
    },
  };

  /** Where a row goes from a split. */
  function next(at: number, row: Float64Array): number {
    const value = row[columns[at]!]!;
    // biome-ignore lint/suspicious/noSelfCompare: only a missing value differs from itself
    return holds(at, value) || (missingYes[at] === 1 && value !== value) ? yes[at]! : no[at]!;
  }
  /**
   * Whether a split's condition is true; nearly all splits are of the first two modes, which need no switch over text.
   */
  function holds(at: number, value: number): boolean {
    const kind = mode[at]!;
    if (kind === LEQ) return value <= threshold[at]!;
    if (kind === LT) return value < threshold[at]!;
    return compare(at, value);
  }
  function compare(at: number, value: number): boolean {
    const limit = threshold[at]!;
    switch (MODES[mode[at]!]) {
      case 'GTE':
        return value >= limit;
      case 'GT':
        return value > limit;
      case 'EQ':
        return value === limit;
      case 'NEQ':
        return value !== limit;
      default:
        return ensemble.members.get(at)?.has(value) ?? false;
    }
  }
}

/** (a, b) -> (a-1)! b! / (a+b)!, which is 1 / (a C(a+b, a)); a table as far as it is asked for. */
function sharesOf(players: number): (a: number, b: number) => number {
  // More than 64 players on one path are rare, and their table would be large: those are worked out each time.
  const size = Math.min(players, 64) + 1;
  const table = new Float64Array(size * size);
  for (let a = 1; a < size; a++) for (let b = 0; b < size; b++) table[a * size + b] = share(a, b);
  return (a, b) => (a < size && b < size ? table[a * size + b]! : share(a, b));
}

function share(a: number, b: number): number {
  let value = 1 / a;
  for (let i = 1; i <= b; i++) value *= i / (a + i);
  return value;
}
