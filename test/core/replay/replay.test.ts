import { describe, expect, it } from 'vitest';
import { judgeRulesOf } from '../../../core/judge/manifest-rules.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { ComparedRow } from '../../../core/quality/compare.ts';
import { answerDifference, type Deciding } from '../../../core/replay/answers.ts';
import { clearlyWorse } from '../../../core/replay/clearly-worse.ts';
import { SideBySide } from '../../../core/replay/side-by-side.ts';
import { truthPairs } from '../../../core/replay/truth-pairs.ts';

const BINARY: Deciding = { decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 }, outputs: [] };
const REGRESSION: Deciding = { decision: { task: 'regression', output: 'y', column: 0 }, outputs: [] };
const classes = (...names: string[]): Deciding => ({
  decision: { task: 'multiclass', output: 'y', classes: names },
  outputs: [],
});
const row = (suspect: number | null, reference: number | null, input = `${suspect}`) => ({ input, suspect, reference });

describe('the difference of answers', () => {
  it('counts decisions, each at its own threshold, and answers that are no numbers', () => {
    const higher: Deciding = { ...BINARY, decision: { ...BINARY.decision, threshold: 0.7 } as Deciding['decision'] };
    const rows = [row(0.6, 0.6), row(0.8, 0.8), row(null, 0.1), row(null, null), row(0.2, 0.1)];
    expect(answerDifference(BINARY, higher, rows)).toMatchObject({ n: 5, disagree: 2, notFinite: 2 });
  });

  it('takes classes by their names, not by their places', () => {
    const rows = [row(0, 1), row(1, 0), row(1, 1)];
    const difference = answerDifference(classes('cat', 'dog'), classes('dog', 'cat'), rows);
    expect(difference).toMatchObject({ n: 3, disagree: 1, rankCorrelation: null });
  });

  it('measures a regression without a tolerance by the spread of the reference’s answers', () => {
    // From the 5th to the 95th percentile of 0 to 100 it is 90: from more than 9 on they differ.
    const rows = Array.from({ length: 101 }, (_, i) => row(i < 50 ? i + 8.9 : i + 9.1, i));
    expect(answerDifference(REGRESSION, REGRESSION, rows).disagree).toBe(51);
  });

  it('knows a constant', () => {
    const rows = Array.from({ length: 2_000 }, (_, i) => row(0.3, i, `${i}`));
    const { distinctInputs, distinctAnswers, rankCorrelation } = answerDifference(REGRESSION, REGRESSION, rows);
    expect({ distinctInputs, distinctAnswers, rankCorrelation }).toEqual({
      distinctInputs: 1_000,
      distinctAnswers: 1,
      rankCorrelation: null,
    });
  });
});

describe('pairs of truths', () => {
  const compared = (
    unit: string,
    first: number | null,
    second: number | null,
    truth: boolean | number,
  ): ComparedRow => ({
    unit,
    answers: [
      { score: first, truth },
      { score: second, truth },
    ],
  });

  it('leaves precision out, whose rows differ', () => {
    const rows = [compared('a', 0.9, 0.1, true), compared('b', 0.9, 0.1, false), compared('c', null, 0.1, false)];
    expect(truthPairs(BINARY, BINARY, rows)).toMatchObject([
      { metric: 'errorRate', pairs: { n: 3, both: 0, suspectOnly: 2, referenceOnly: 1 } },
      { metric: 'recall', pairs: { n: 1, referenceOnly: 1 } },
      { metric: 'specificity', pairs: { n: 2, suspectOnly: 2 } },
    ]);
  });

  it('says how many rows of one unit are worth one', () => {
    const rows = Array.from({ length: 100 }, (_, i) =>
      compared(`${Math.floor(i / 10)}`, i < 50 ? 0.1 : 0.9, 0.9, true),
    );
    const [errors] = truthPairs(BINARY, BINARY, rows);
    expect(errors!.pairs).toMatchObject({ n: 100, suspectOnly: 50 });
    expect(errors!.effect).toBeCloseTo((10 * 10) / 9, 1);
  });

  it('holds errors of regressions against those of both, so that equals are equal', () => {
    const rows = Array.from({ length: 101 }, (_, i) => compared(`${i}`, i, -i, 0));
    for (const { pairs } of truthPairs(REGRESSION, REGRESSION, rows))
      expect(pairs).toMatchObject({ suspectOnly: 0, referenceOnly: 0 });
    const [median] = truthPairs(REGRESSION, REGRESSION, [compared('a', 2, 1, 0)]);
    expect(median).toMatchObject({ metric: 'errorAboveMedian', pairs: { suspectOnly: 1, referenceOnly: 0 } });
    const [other] = truthPairs(REGRESSION, REGRESSION, [compared('a', 1, 2, 0)]);
    expect(other).toMatchObject({ pairs: { suspectOnly: 0, referenceOnly: 1 } });
  });
});

describe('what is clearly worse before the release', () => {
  const rules = judgeRulesOf(
    Manifest.parse({
      name: 'm',
      contract: { features: [] },
      decision: BINARY.decision,
      quality: { metrics: [{ metric: 'errorRate' }] },
    }),
  );
  const beside = (suspectOnly: number, referenceOnly: number, n = 1_000, metric = 'errorRate') =>
    SideBySide.parse({
      champion: 1,
      source: 'joined',
      from: null,
      to: null,
      rows: n,
      disagreement: 0,
      rankCorrelation: 1,
      notFinite: 0,
      labelled: n,
      metrics: {},
      pairs: [{ metric, className: null, pairs: { n, both: 100, suspectOnly, referenceOnly }, effect: 1 }],
    });

  it('needs the margin exceeded, and the exact test passed', () => {
    // One-sided at 0.5 %: of 20 discordant pairs 16 are needed (binomial: 0.0059 at 16, 0.0013 at 17).
    expect(clearlyWorse(beside(16, 4, 200), rules)).toEqual([]);
    expect(clearlyWorse(beside(17, 3, 200), rules)).toEqual(['wrong decisions: 117 of 200 rows, 103 of version 1']);
    // A tenth of the champion's rate and 0.1 points are let pass: 12.2 of 1,000 rows.
    expect(clearlyWorse(beside(17, 6), rules)).toEqual([]);
    expect(clearlyWorse(beside(8, 0), rules)).toEqual([]);
    expect(clearlyWorse(beside(60, 20), rules)).toHaveLength(1);
  });

  it('counts rows of one unit for as many as they are worth', () => {
    const { pairs, ...rest } = beside(60, 20);
    expect(clearlyWorse({ ...rest, pairs: [{ ...pairs[0]!, effect: 10 }] }, rules)).toEqual([]);
  });

  it('takes answers that are no numbers whatever decides, and nothing else that does not', () => {
    expect(clearlyWorse(beside(60, 0, 1_000, 'notFinite'), rules)).toEqual([
      'no finite answer: 160 of 1000 rows, 100 of version 1',
    ]);
    expect(clearlyWorse(beside(60, 0, 1_000, 'specificity'), rules)).toEqual([]);
  });
});
