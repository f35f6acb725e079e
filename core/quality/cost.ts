import type { Decision } from '../manifest/decision.ts';
import { decisionClasses } from '../manifest/decision-classes.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { BinaryTally } from './binary.ts';
import { matrixOf } from './confusion-matrix.ts';
import type { DecisionRow } from './decisions.ts';
import { type Metric, nonNegativeMean, notDefined } from './metric.ts';
import type { MulticlassTally } from './multiclass.ts';

/**
 * What decisions cost: rows by what was true, columns by what was decided, and a last column for what was decided
 * neither way. Of a binary decision negative comes first.
 */
export type CostTable = readonly (readonly number[])[];

/** The manifest's costs; undefined where it has none. */
export function costTable(decision: Decision, outputs: readonly OutputMeaning[]): CostTable | undefined {
  if (decision.task === 'regression' || decision.costs === undefined) return undefined;
  if (decision.task === 'binary') {
    const { falsePositive, falseNegative } = decision.costs;
    return [
      [0, falsePositive, falsePositive],
      [falseNegative, 0, falseNegative],
    ];
  }
  const classes = decisionClasses(decision, outputs);
  const table: number[][] = classes.map((_, truth) => classes.map((__, decided) => (truth === decided ? 0 : 1)));
  for (const { truth, decision: decided, cost } of decision.costs) {
    const row = table[classes.indexOf(String(truth))];
    if (row !== undefined) row[classes.indexOf(String(decided))] = cost;
  }
  // Who is told nothing is as badly off as by the worst decision.
  return table.map((row) => [...row, Math.max(...row)]);
}

/** What one decision cost. */
export function costOf(table: CostTable, decision: Decision, { score, truth }: DecisionRow): number {
  const row = table[Number(truth)]!;
  return row[decidedColumn(decision, score)] ?? row.at(-1)!;
}

function decidedColumn(decision: Decision, score: number | null): number {
  if (score === null || !Number.isFinite(score)) return -1;
  if (decision.task !== 'binary') return score;
  return score >= decision.threshold ? 1 : 0;
}

/** What the decisions of a tally cost: their number, the sum and the sum of squares, exact. */
export function costSums(table: CostTable, tally: BinaryTally | MulticlassTally) {
  let [n, sum, squares] = [0, 0, 0];
  for (const [truth, row] of countsOf(tally).entries())
    for (const [decided, count] of row.entries()) {
      if (count === 0) continue;
      const costs = table[truth]!;
      const cost = costs[Math.min(decided, costs.length - 1)]!;
      n += count;
      sum += count * cost;
      squares += count * cost * cost;
    }
  return { n, sum, squares };
}

/** Mean cost of a decision, exact, with the interval of a mean. */
export function costMetric(table: CostTable, tally: BinaryTally | MulticlassTally, designEffect = 1): Metric {
  if (tally.task === 'multiclass' && tally.more)
    return notDefined(`there are more than ${tally.classes.length} classes`, tally.n);
  const { n, sum, squares } = costSums(table, tally);
  const mean = sum / n;
  const variance = (designEffect * Math.max(0, squares / n - mean * mean)) / n;
  return nonNegativeMean(mean, variance, { n, undefinedBecause: 'there are no rows' });
}

/** Counts by truth and decision, in the order of a {@link CostTable}. */
function countsOf(tally: BinaryTally | MulticlassTally): readonly (readonly number[])[] {
  if (tally.task === 'multiclass') return matrixOf(tally);
  const { tp, fp, tn, fn, invalid } = tally;
  return [
    [tn, fp, invalid.negative],
    [fn, tp, invalid.positive],
  ];
}
