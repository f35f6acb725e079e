import type { RowValues, Shares } from './explanation.ts';
import { shuffled, uniform } from './random.ts';
import { spread, standardError, unseen, type VariancePart } from './standard-error.ts';
import { type TimeBudget, yieldingBudget } from './time-budget.ts';

/** A row in which some players are the explained row's and the others a background row's. */
export interface MaskedSample {
  /** Explained row. */
  readonly row: number;
  /** Background row. */
  readonly other: number;
  /** Position of each player in the walk. */
  readonly rank: Uint32Array;
  /** Players at positions below this are the explained row's. */
  readonly coalitionSize: number;
}

/** Scores of mixtures, in their order; what is not finite is none. */
export type Score = (mixtures: readonly MaskedSample[]) => Promise<readonly number[]>;

export interface SamplingOptions {
  /** Rows to explain. */
  readonly rows: number;
  readonly background: number;
  readonly players: number;
  /** Walks, there and back, for each row and each background row. */
  readonly permutations: number;
  /** Most mixtures in one call of the score. */
  readonly batch: number;
  readonly seed: number;
  readonly budget: TimeBudget;
}

/** One order of the players, walked from a background row to the explained row. */
interface PermutationPass {
  readonly row: number;
  readonly other: number;
  readonly rank: Uint32Array;
  readonly scores: Float64Array;
  /** Whether it is the second of its pair, the first in reverse. */
  readonly back: boolean;
}

/**
 * Shapley values of any score by sampling orders of the players: start at a background row, take one player after the
 * other from the explained row, and give each the change that it makes. Every order is walked in reverse, too
 * (antithetic: Mitchell, Cooper, Frank & Holmes 2022, "Sampling permutations for Shapley value estimation", JMLR 23),
 * and every background row has its turn before any has its second, so that the values sum to the score of the row less
 * the mean score of the background, whatever orders were drawn.
 *
 * When time is out, what is known is given: the mean over the pairs of walks that were made. Their standard errors come
 * from the spread within background rows when each had two pairs or more, else from the spread of all pairs, which is
 * wider; and from one pair more than was walked, as far off as the order alone was seen to move the contribution of any
 * player: what one gains by it others lose, so players that share what they do are seen by each other's changes.
 * 1.96 standard errors to both sides hold the value in 95 of 100 draws.
 *
 * A background row is left out for a row where a mixture of the two has no score. Where that is all of them, the row's
 * values are of no background row (`backgroundRows` is 0) and mean nothing.
 */
export async function sampledValues(score: Score, options: SamplingOptions): Promise<Shares> {
  const { rows, background, players, permutations, batch, budget } = options;
  const inTime = yieldingBudget(budget);
  const tally = Array.from({ length: rows }, () => new ShapleyAccumulator(background, players));
  const walks = walksOf(options, (row, other) => tally[row]!.leavesOut(other));
  let complete = true;
  let open: PermutationPass[] = [];
  let done = 0;
  for (;;) {
    const enough = tally.every((each) => each.pairs > 0 || each.known === 0);
    if (!(await inTime()) && enough) {
      complete = false;
      break;
    }
    while ((open.length - 1) * (players + 1) - done < batch) {
      const next = walks.next();
      if (next.done) break;
      open.push(next.value);
    }
    const mixtures = stepsOf(open, players, done, batch);
    if (mixtures.length === 0) break;
    const scores = await score(mixtures);
    for (const value of scores) {
      open[Math.floor(done / (players + 1))]!.scores[done % (players + 1)] = value;
      done++;
    }
    // Pairs that are walked to their ends.
    const whole = Math.floor(done / (2 * (players + 1))) * 2;
    for (let i = 0; i < whole; i += 2) tally[open[i]!.row]!.take(open[i]!, open[i + 1]!);
    open = open.slice(whole);
    done -= whole * (players + 1);
  }
  return {
    complete,
    backgroundRows: Math.min(...tally.map(({ used }) => used)),
    permutations: 2 * Math.min(...tally.map(({ pairs }) => pairs)),
    rows: tally.map((each) => each.values(permutations)),
  };
}

/** All walks in the order in which they are made: a pass over the background for all rows, then the next. */
function* walksOf(
  { rows, background, players, permutations, seed }: SamplingOptions,
  leavesOut: (row: number, other: number) => boolean,
): Generator<PermutationPass> {
  const random = uniform(seed);
  for (let pass = 0; pass < permutations; pass++) {
    for (const other of shuffled(background, random)) {
      const order = shuffled(players, random);
      const rank = new Uint32Array(players);
      order.forEach((player, i) => {
        rank[player] = i;
      });
      const reverse = rank.map((position) => players - 1 - position);
      for (let row = 0; row < rows; row++) {
        if (leavesOut(row, other)) continue;
        for (const back of [false, true])
          yield { row, other, rank: back ? reverse : rank, back, scores: new Float64Array(players + 1) };
      }
    }
  }
}

function stepsOf(walks: readonly PermutationPass[], players: number, from: number, most: number): MaskedSample[] {
  const end = Math.min(walks.length * (players + 1), from + most);
  const steps: MaskedSample[] = [];
  for (let i = from; i < end; i++) {
    const { row, other, rank } = walks[Math.floor(i / (players + 1))]!;
    steps.push({ row, other, rank, coalitionSize: i % (players + 1) });
  }
  return steps;
}

/** What the walks of one row came to, by background row. */
class ShapleyAccumulator {
  pairs = 0;
  used = 0;
  private value = 0;
  /** Largest change that a step has made. */
  private largest = 0;
  /** Largest that the order alone has moved a contribution: half of what the ways there and back are apart. */
  private moved = 0;
  private readonly leftOut = new Set<number>();
  private readonly counts: Uint32Array;
  private readonly starts: Float64Array;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;

  constructor(
    private readonly background: number,
    private readonly players: number,
  ) {
    this.counts = new Uint32Array(background);
    this.starts = new Float64Array(background);
    this.sums = new Float64Array(background * players);
    this.squares = new Float64Array(background * players);
  }

  /** Background rows that the row can be compared with, as far as is known. */
  get known(): number {
    return this.background - this.leftOut.size;
  }

  leavesOut(other: number): boolean {
    return this.leftOut.has(other);
  }

  take(there: PermutationPass, back: PermutationPass): void {
    const { other, rank, scores } = there;
    if (this.leavesOut(other)) return;
    if (!scores.every(Number.isFinite) || !back.scores.every(Number.isFinite)) {
      this.leaveOut(other);
      return;
    }
    for (let player = 0; player < this.players; player++) {
      const a = rank[player]!;
      const b = back.rank[player]!;
      const ahead = scores[a + 1]! - scores[a]!;
      const behind = back.scores[b + 1]! - back.scores[b]!;
      this.largest = Math.max(this.largest, Math.abs(ahead), Math.abs(behind));
      this.moved = Math.max(this.moved, Math.abs(ahead - behind) / 2);
      const change = (ahead + behind) / 2;
      this.sums[other * this.players + player]! += change;
      this.squares[other * this.players + player]! += change ** 2;
    }
    this.starts[other] = scores[0]!;
    this.value = scores[this.players]!;
    if (this.counts[other]!++ === 0) this.used++;
    this.pairs++;
  }

  private leaveOut(other: number): void {
    this.leftOut.add(other);
    const { counts, players } = this;
    if (counts[other] === 0) return;
    this.used--;
    this.pairs -= counts[other]!;
    counts[other] = 0;
    this.sums.fill(0, other * players, (other + 1) * players);
    this.squares.fill(0, other * players, (other + 1) * players);
  }

  /** @param permutations pairs a background row has when all is done */
  values(permutations: number): RowValues {
    const { players, counts, used, value } = this;
    const values = new Array<number>(players).fill(0);
    let baseValue = 0;
    for (let other = 0; other < this.background; other++) {
      if (counts[other] === 0) continue;
      baseValue += this.starts[other]! / used;
      for (let player = 0; player < players; player++)
        values[player]! += this.sums[other * players + player]! / counts[other]! / used;
    }
    const within = used === this.known && counts.every((count, other) => count >= 2 || this.leavesOut(other));
    // One order and its reverse are all there are of two players.
    const exact = players <= 2 && used === this.known && permutations > 0;
    const standardErrors = values.map((_, player) =>
      exact ? 0 : standardError(within ? this.within(player) : this.among(player)),
    );
    return { baseValue, value, values, standardErrors };
  }

  /** The background is known whole: only the orders of each of its rows are drawn. */
  private *within(player: number): Generator<VariancePart> {
    for (let other = 0; other < this.background; other++) {
      const at = other * this.players + player;
      const n = this.counts[other]!;
      if (n === 0) continue;
      const variance = spread(this.sums[at]!, this.squares[at]!, n) / n / this.used ** 2;
      yield { variance, degrees: n - 1 };
    }
    yield unseen(this.moved, this.pairs, this.pairs - this.used);
  }

  private *among(player: number): Generator<VariancePart> {
    let sum = 0;
    let square = 0;
    for (let other = 0; other < this.background; other++) {
      sum += this.sums[other * this.players + player]!;
      square += this.squares[other * this.players + player]!;
    }
    yield { variance: spread(sum, square, this.pairs) / this.pairs, degrees: this.pairs - 1 };
    yield unseen(this.used < this.known ? this.largest : this.moved, this.pairs, this.pairs - 1);
  }
}
