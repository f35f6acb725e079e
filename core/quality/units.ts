import * as z from 'zod';
import { Count } from './bin-counts.ts';
import { addFinite } from './moments.ts';

/** null: beyond the largest double, so not known. */
const Sum = z.number().nullable();

/**
 * How alike predictions of one unit are: who or what was given a version at random, and may have asked many times. The
 * loss of a row is 1 or 0 for wrong or right, or of a regression its absolute error.
 *
 * Merging takes a unit that appears in two tallies for two: what one caller's hours have in common is not seen. As
 * (x1 + … + xh)² is at most h (x1² + … + xh²), the variance is then too small by the number h of hours that one unit was
 * seen in at most.
 */
export const Units = z.strictObject({
  /** Units. */
  n: Count,
  /** Their rows, and the sum of the rows' losses. */
  rows: Count,
  loss: Sum,
  /** Sum of the squares of a row's loss. */
  squares: Sum,
  /** Over units: the sum of rows x rows, of rows x loss, and of loss x loss. */
  rowsRows: Count,
  rowsLoss: Sum,
  lossLoss: Sum,
});
export type Units = z.infer<typeof Units>;

export const noUnits = (): Units => ({ n: 0, rows: 0, loss: 0, squares: 0, rowsRows: 0, rowsLoss: 0, lossLoss: 0 });

/** Rows of one unit. */
export interface UnitTotals {
  readonly rows: number;
  readonly loss: number;
  readonly squares: number;
}

export function unitsOf(totals: Iterable<UnitTotals>): Units {
  const units = noUnits();
  for (const { rows, loss, squares } of totals) {
    units.n++;
    units.rows += rows;
    units.loss = addFinite(units.loss, loss);
    units.squares = addFinite(units.squares, squares);
    units.rowsRows += rows * rows;
    units.rowsLoss = addFinite(units.rowsLoss, rows * loss);
    units.lossLoss = addFinite(units.lossLoss, loss * loss);
  }
  return units;
}

export const mergeUnits = (a: Units, b: Units): Units => ({
  n: a.n + b.n,
  rows: a.rows + b.rows,
  loss: addFinite(a.loss, b.loss),
  squares: addFinite(a.squares, b.squares),
  rowsRows: a.rowsRows + b.rowsRows,
  rowsLoss: addFinite(a.rowsLoss, b.rowsLoss),
  lossLoss: addFinite(a.lossLoss, b.lossLoss),
});

/**
 * The design effect: by what factor the variance of the mean loss is larger than if every row were a unit of its own
 * (Kish 1965), with the linearised variance of a ratio over units (Cochran, "Sampling Techniques", 1977, 6.3). At
 * least 1; of one unit, all its rows count as one. Where the sums are not known units are counted, not rows.
 */
export function designEffect({ n, rows, loss, squares, rowsRows, rowsLoss, lossLoss }: Units): number {
  if (rows === 0 || n === rows) return 1;
  if (n === 1) return rows;
  if (loss === null || squares === null || rowsLoss === null || lossLoss === null) return rows / n;
  const mean = loss / rows;
  const between = ((lossLoss - 2 * mean * rowsLoss + mean * mean * rowsRows) * n) / (n - 1);
  const within = squares - rows * mean * mean;
  // Where all rows have the same loss nothing is known of how alike they are: then units are counted, not rows.
  if (!(within > 1e-12 * squares) || !Number.isFinite(between / within)) return rows / n;
  return Math.max(1, between / within);
}
