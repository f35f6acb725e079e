import { describe, expect, it } from 'vitest';
import { addDecision, type DecisionScale, emptyTally } from '../../../core/quality/decisions.ts';
import { truthLosses } from '../../../core/quality/losses.ts';
import { Random } from '../../../core/simulation/random.ts';

const BINARY: DecisionScale = { task: 'binary', threshold: 0.5, probabilities: true };

/** Rows of a model that is about as sure as it should be. */
function binaryRows(n: number): { score: number; truth: boolean }[] {
  const random = new Random(5);
  return Array.from({ length: n }, () => {
    const score = random.uniform() ** 2;
    return { score, truth: random.uniform() < score };
  });
}

const sumOf = (values: readonly number[]) => ({
  sum: values.reduce((a, b) => a + b, 0),
  squares: values.reduce((a, b) => a + b * b, 0),
});

describe('losses of a tally', () => {
  const rows = binaryRows(2_000);
  const tally = emptyTally(BINARY);
  for (const row of rows) addDecision(tally, BINARY, row);

  it('are the Brier scores of its rows, with a bound above their squares that is close', () => {
    const { sum, squares } = sumOf(rows.map(({ score, truth }) => (score - Number(truth)) ** 2));
    const { sums, largest } = truthLosses('brier', tally)!;
    expect(largest).toBe(1);
    expect(sums.n).toBe(2_000);
    expect(sums.sum).toBeCloseTo(sum, 8);
    expect(sums.squares).toBeGreaterThanOrEqual(squares);
    expect(sums.squares).toBeLessThanOrEqual(1.01 * squares);
  });

  it('are the logarithms of probabilities, exactly', () => {
    const { sum, squares } = sumOf(rows.map(({ score, truth }) => -Math.log(truth ? score : 1 - score)));
    const { sums } = truthLosses('logLoss', tally)!;
    expect(sums.sum).toBeCloseTo(sum, 6);
    expect(sums.squares).toBeCloseTo(squares, 6);
  });

  it('are costs of decisions', () => {
    const costs = [
      [0, 1, 1],
      [5, 0, 5],
    ];
    const { sum, squares } = sumOf(
      rows.map(({ score, truth }) => (score >= 0.5 === truth ? 0 : costs[Number(truth)]![Number(score >= 0.5)]!)),
    );
    expect(truthLosses('cost', tally, costs)).toEqual({ sums: { n: 2_000, sum, squares }, largest: 5 });
  });

  it('of several classes are those that it has moments of', () => {
    const scale: DecisionScale = { task: 'multiclass', classes: ['a', 'b', 'c'] };
    const several = emptyTally(scale);
    expect(truthLosses('brier', several)).toBeUndefined();
    addDecision(several, scale, { score: 0, truth: 0, probabilities: [0.5, 0.3, 0.2] });
    addDecision(several, scale, { score: 0, truth: 2, probabilities: [0.5, 0.3, 0.2] });
    const [first, second] = [0.25 + 0.09 + 0.04, 0.25 + 0.09 + 0.64];
    const { sums, largest } = truthLosses('brier', several)!;
    expect(largest).toBe(2);
    expect(sums.sum).toBeCloseTo(first + second, 12);
    expect(sums.squares).toBeCloseTo(first ** 2 + second ** 2, 12);
  });

  it('are none of rates, of scores that are no probabilities, and of regressions', () => {
    expect(truthLosses('recall', tally)).toBeUndefined();
    expect(truthLosses('brier', emptyTally({ ...BINARY, probabilities: false }))).toBeUndefined();
    expect(truthLosses('brier', emptyTally({ task: 'regression', edges: [1] }))).toBeUndefined();
  });
});
