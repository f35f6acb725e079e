import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../core/manifest/decision.ts';
import type { BinaryTally } from '../../../core/quality/binary.ts';
import { costMetric, costOf, costTable } from '../../../core/quality/cost.ts';
import { addDecision, type DecisionScale, decisionScale, emptyTally } from '../../../core/quality/decisions.ts';
import type { MulticlassTally } from '../../../core/quality/multiclass.ts';

const BINARY: Decision = {
  task: 'binary',
  output: 'p',
  column: 1,
  threshold: 0.4,
  costs: { falsePositive: 2, falseNegative: 10 },
};
const SEVERAL: Decision = {
  task: 'multiclass',
  output: 'p',
  classes: ['a', 'b', 'c'],
  costs: [
    { truth: 'a', decision: 'c', cost: 7 },
    { truth: 'b', decision: 'b', cost: 0.5 },
  ],
};

const tallyOf = (scale: DecisionScale, rows: readonly { score: number | null; truth: number | boolean }[]) => {
  const tally = emptyTally(scale);
  for (const row of rows) addDecision(tally, scale, row);
  return tally as BinaryTally | MulticlassTally;
};

describe('cost', () => {
  it('has a price for each kind of decision, and the worst one for none', () => {
    const binary = costTable(BINARY, [])!;
    const of = (score: number | null, truth: boolean) => costOf(binary, BINARY, { score, truth });
    expect([of(0.4, true), of(0.39, true), of(0.4, false), of(0.39, false)]).toEqual([0, 10, 2, 0]);
    expect([of(null, true), of(Number.NaN, false)]).toEqual([10, 2]);
    expect(costTable(SEVERAL, [])).toEqual([
      [0, 1, 7, 7],
      [1, 0.5, 1, 1],
      [1, 1, 0, 1],
    ]);
    expect(costTable({ ...BINARY, costs: undefined }, [])).toBeUndefined();
    expect(costTable({ task: 'regression', output: 'y', column: 0 }, [])).toBeUndefined();
  });

  it('is, of tallies, the mean of the rows', () => {
    const score = fc.oneof(fc.constantFrom(0, 1, 2, null), fc.double({ min: 0, max: 1, noNaN: true }));
    const rows = fc.array(fc.record({ score, truth: fc.nat({ max: 2 }) }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(rows, fc.boolean(), (all, isBinary) => {
        const decision = isBinary ? BINARY : SEVERAL;
        const own = all.map((row) => ({
          score: row.score === null || isBinary ? row.score : Math.floor(row.score),
          truth: isBinary ? row.truth > 0 : row.truth,
        }));
        const scale = decisionScale({ outputs: [] }, decision, undefined);
        const table = costTable(decision, [])!;
        const costs = own.map((row) => costOf(table, decision, row));
        const metric = costMetric(table, tallyOf(scale, own));
        expect(metric.value).toBeCloseTo(costs.reduce((sum, cost) => sum + cost, 0) / costs.length, 9);
        expect(metric.low).toBeLessThanOrEqual(metric.value!);
        expect(metric.n).toBe(own.length);
      }),
    );
  });
});
