import { describe, expect, it } from 'vitest';
import type { RowValues } from '../../../core/explain/explanation.ts';
import { EXPECTED, type Expected, openFixture } from './expected.ts';

/** Largest difference from `shap`, of numbers of the size of 1. */
const EXACT = 1e-6;

const TREES = Object.keys(EXPECTED).filter((name) => name !== 'mixing');

describe('exact values', () => {
  it.each(TREES)('of %s are those of the Python package shap', async (name) => {
    const { output, values } = EXPECTED[name]!;
    await using opened = await openFixture(name);
    for (const [at, expected] of values.entries()) {
      // A boosted classifier has one raw score, that of its second class.
      const column = values.length === 1 && opened.columns(output) === 2 ? 1 : at;
      const found = await opened.explainer.explain(opened.tensors, opened.rows, { output, column });
      expect(found).toMatchObject({ method: 'exact', complete: true, column });
      expect(furthest(found.rows, EXPECTED[name]!, at)).toBeLessThan(EXACT);
      for (const row of found.rows) {
        const sum = row.values.reduce((a, b) => a + b, 0);
        expect(Math.abs(row.value - row.baseValue - sum)).toBeLessThan(1e-9);
      }
      expect(expected).toHaveLength(found.rows.length);
    }
  });

  it('of the class that each row is predicted to have are those of its column', async () => {
    const { output, values, base } = EXPECTED['forest-3']!;
    await using opened = await openFixture('forest-3', {}, { decision: { task: 'multiclass', output } });
    const { method, column, rows } = await opened.explainer.explain(opened.tensors, opened.rows);
    expect({ method, column }).toEqual({ method: 'exact', column: null });
    const totals = rows.map((_, i) => values.map((own, k) => base[k]! + own[i]!.reduce((a, b) => a + b, 0)));
    expect(rows.map((row) => row.column)).toEqual(totals.map((total) => total.indexOf(Math.max(...total))));
    expect(new Set(rows.map((row) => row.column)).size).toBeGreaterThan(1);
    for (const [i, row] of rows.entries())
      for (const [k, value] of row.values.entries())
        expect(Math.abs(value - values[row.column]![i]![k]!)).toBeLessThan(EXACT);
  });

  it('of the first of two classes are those of the second with the other sign', async () => {
    await using opened = await openFixture('xgboost-2');
    const first = await opened.explainer.explain(opened.tensors, opened.rows, { output: 'probabilities', column: 0 });
    const second = await opened.explainer.explain(opened.tensors, opened.rows, { output: 'probabilities', column: 1 });
    for (const [i, { values }] of second.rows.entries())
      for (const [k, value] of values.entries()) expect(first.rows[i]!.values[k]!).toBeCloseTo(-value, 12);
  });

  it('are refused where the trees get columns made of several features', async () => {
    await using opened = await openFixture('mixing');
    const exact = opened.explainer.explain(opened.tensors, opened.rows, { method: 'exact' });
    await expect(exact).rejects.toThrow(
      'exact values cannot be had: column 0 of the trees is made of f0, f1, f2, f3, f4',
    );
  });
});

describe('sampled values', () => {
  // Of 6 values in 12 rows a few are beyond two standard errors by chance; the orders drawn are always the same.
  it.each(['mixing', 'grouped', 'forest-3', 'xgboost'])('of %s are within their standard errors', async (name) => {
    await using opened = await openFixture(name, { permutations: 12 });
    const { output } = EXPECTED[name]!;
    const found = await opened.explainer.explain(opened.tensors, opened.rows, { output, column: 0, method: 'sampled' });
    expect(found).toMatchObject({ method: 'sampled', complete: true, scale: 'output' });
    const far: number[] = [];
    found.rows.forEach((row, i) => {
      row.values.forEach((value, k) => {
        const error = Math.abs(value - EXPECTED[name]!.values[0]![i]![k]!);
        far.push((error - 1e-5) / Math.max(row.standardErrors![k]!, 1e-4));
      });
    });
    expect(far.filter((ratio) => ratio > 2).length / far.length).toBeLessThan(0.05);
    expect(Math.max(...far)).toBeLessThan(4);
    // Not so wide that anything would be within.
    expect(Math.max(...found.rows.flatMap(({ standardErrors }) => standardErrors!))).toBeLessThan(0.05);
  });

  it('sum to the score less the mean of the background', async () => {
    await using opened = await openFixture('mixing');
    const { rows } = await opened.explainer.explain(opened.tensors, opened.rows);
    for (const { value, baseValue, values } of rows) {
      expect(baseValue).toBeCloseTo(EXPECTED.mixing!.base[0]!, 5);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(value - baseValue, 6);
    }
  });

  it('of a raw score are those that are exact', async () => {
    await using opened = await openFixture('xgboost-2', { permutations: 10 });
    const asked = { output: 'probabilities', column: 1, method: 'sampled', scale: 'raw' } as const;
    const found = await opened.explainer.explain(opened.tensors, opened.rows, asked);
    expect(found).toMatchObject({ method: 'sampled', scale: 'raw', link: 'logistic' });
    expect(furthest(found.rows, EXPECTED['xgboost-2']!, 0)).toBeLessThan(0.1);
  });

  it('of a probability sum to a probability', async () => {
    await using opened = await openFixture('xgboost-2');
    const asked = { output: 'probabilities', column: 1, scale: 'output' } as const;
    const { rows, method, scale, reason } = await opened.explainer.explain(opened.tensors, opened.rows, asked);
    expect({ method, scale, reason }).toMatchObject({ method: 'sampled', scale: 'output', reason: /logistic/ });
    for (const { value } of rows) expect(value).toBeGreaterThan(0);
    const raw = await opened.explainer.explain(opened.tensors, opened.rows, { ...asked, scale: 'raw' });
    for (const [i, { value }] of rows.entries()) expect(value).toBeCloseTo(1 / (1 + Math.exp(-raw.rows[i]!.value)), 5);
  });
});

/** The largest difference from what was expected of a column, for numbers of the size of 1. */
function furthest(rows: readonly RowValues[], { values, base }: Expected, at: number): number {
  const size = Math.max(1, ...values[at]!.flat().map(Math.abs), Math.abs(base[at]!));
  const differences = rows.flatMap((row, i) => [
    row.baseValue - base[at]!,
    ...row.values.map((value, k) => value - values[at]![i]![k]!),
  ]);
  return Math.max(...differences.map(Math.abs)) / size;
}
