import type { RowValues, Shares } from './explanation.ts';
import type { OutputLink } from './link-function.ts';
import { spread, standardError, unseen } from './standard-error.ts';
import { type TimeBudget, yieldingBudget } from './time-budget.ts';
import type { Walker } from './tree-values.ts';

/**
 * Exact values of rows: the mean over the background of what each row's columns do to the trees. When time is out, the
 * mean over those background rows that had their turn, with its standard error; every row has had at least one.
 *
 * @param rows       columns of the ensemble, one array a row
 * @param background likewise, in an order drawn at random
 * @param outputLink       makes the explained score of the trees' raw score
 */
export async function exactValues(
  walker: Walker,
  rows: readonly Float64Array[],
  background: readonly Float64Array[],
  {
    outputLink,
    players,
    budget,
  }: { readonly outputLink: OutputLink; readonly players: number; readonly budget: TimeBudget },
): Promise<Shares> {
  const inTime = yieldingBudget(budget);
  const sums = rows.map(() => new Float64Array(players));
  const squares = rows.map(() => new Float64Array(players));
  const counts = new Uint32Array(rows.length);
  const largest = new Float64Array(rows.length);
  const single = new Float64Array(players);
  let complete = true;
  walking: for (let j = 0; j < background.length; j++) {
    for (let i = 0; i < rows.length; i++) {
      if (!(await inTime()) && counts[rows.length - 1]! > 0) {
        complete = false;
        break walking;
      }
      single.fill(0);
      walker.add(rows[i]!, background[j]!, single);
      for (let k = 0; k < players; k++) {
        sums[i]![k]! += single[k]!;
        squares[i]![k]! += single[k]! ** 2;
        largest[i] = Math.max(largest[i]!, Math.abs(single[k]!));
      }
      counts[i]!++;
    }
  }
  const all = background.length;
  return {
    complete,
    backgroundRows: Math.min(...counts),
    rows: rows.map((row, i): RowValues => {
      const n = counts[i]!;
      const values = Array.from(sums[i]!, (sum) => (outputLink.factor * sum) / n);
      const value = outputLink.factor * walker.score(row) + outputLink.offset;
      const baseValue = value - values.reduce((a, b) => a + b, 0);
      if (n === all) return { baseValue, value, values };
      // Rows drawn without putting them back: what is left of the background is what is not known.
      const left = Math.abs(outputLink.factor) * Math.sqrt(1 - n / all);
      // A row that was left out may do what the others do not, as much as any feature was seen to do.
      const more = unseen(largest[i]!, n, n - 1);
      const standardErrors = Array.from(
        squares[i]!,
        (square, k) => left * standardError([{ variance: spread(sums[i]![k]!, square, n) / n, degrees: n - 1 }, more]),
      );
      return { baseValue, value, values, standardErrors };
    }),
  };
}
