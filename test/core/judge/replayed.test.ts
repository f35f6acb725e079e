import { describe, expect, it } from 'vitest';
import { type ComparedAnswers, oddAnswers } from '../../../core/judge/answers.ts';
import { type JudgeEvidence, judge } from '../../../core/judge/judge.ts';
import type { LossComparison } from '../../../core/judge/loss-comparison.ts';
import { Random } from '../../../core/simulation/random.ts';
import { marginOf, RULES } from './rollout.ts';

const evidence = (own: Partial<JudgeEvidence>): JudgeEvidence => ({
  version: 2,
  rules: RULES,
  comparisons: [],
  waitsForTruth: false,
  trouble: [],
  isConcurrent: false,
  ageDays: 0,
  returnable: true,
  ...own,
});

describe('pairs of answers to the same requests', () => {
  const pairs = (suspectOnly: number, referenceOnly: number, trials?: number) => ({
    metric: 'failures, asked again',
    kind: 'failure' as const,
    margin: marginOf('failure'),
    holdsStep: false,
    pairs: { n: 40, both: 5, suspectOnly, referenceOnly },
    ...(trials === undefined ? {} : { trials }),
  });

  it.each([
    [12, 0, 'take-back'],
    [11, 0, 'none'],
    [25, 2, 'take-back'],
    [15, 15, 'none'],
    [0, 30, 'none'],
  ])('take back by what the suspect alone is bad at: %d against %d', (suspectOnly, referenceOnly, action) => {
    const verdict = judge(evidence({ comparisons: [pairs(suspectOnly, referenceOnly)] }));
    expect(verdict.action).toBe(action);
    expect(verdict.findings[0]).toMatchObject({ basis: 'pairs', suspect: { n: 40, bad: 5 + suspectOnly } });
  });

  it('leave alone what is too rare to matter', () => {
    expect(judge(evidence({ comparisons: [pairs(30, 0, 100_000)] })).action).toBe('none');
    expect(judge(evidence({ comparisons: [pairs(30, 0, 1_000)] })).action).toBe('take-back');
  });
});

describe('drift that may have begun with the release', () => {
  const drift = {
    cause: 'drift' as const,
    sentence: 'every version is wrong',
    about: 'PredictionError',
    unusual: 0.22,
  };
  // 3.5 points more are missed, and whether by chance is not known yet.
  const missed = {
    metric: 'missed about the same rows',
    kind: 'truth' as const,
    margin: { relative: 0, floor: 0.035 },
    holdsStep: false,
    pairs: { n: 926, both: 297, suspectOnly: 55, referenceOnly: 22 },
  };

  it('is waited for while it is not known whether the predecessor would be as wrong', () => {
    const known = { comparisons: [missed], trouble: [drift] };
    expect(judge(evidence(known))).toMatchObject({ action: 'wait', cause: 'unclear' });
    const few = { n: 50, bad: 15 };
    expect(judge(evidence({ ...known, referenceWrong: few }))).toMatchObject({ action: 'wait', cause: 'unclear' });
  });

  it('is drift once the predecessor, asked the same, is more than usually wrong, too', () => {
    const referenceWrong = { n: 2_350, bad: 1_064 };
    const found = judge(evidence({ comparisons: [missed], trouble: [drift], referenceWrong }));
    expect(found).toMatchObject({ action: 'retrain', cause: 'drift', about: ['PredictionError'] });
  });

  it('did not begin with a version beside which the champion has it as well', () => {
    const found = judge(evidence({ comparisons: [missed], trouble: [drift], isConcurrent: true }));
    expect(found).toMatchObject({ action: 'retrain', cause: 'drift' });
  });
});

describe('failures that were asked again', () => {
  const strata = (bad: number) => [{ share: 0.05, suspect: { n: 60, bad }, reference: { n: 1_200, bad: 0 } }];
  const failures = (own: number, cause: 'data' | null) => ({
    metric: 'failures',
    kind: 'failure' as const,
    margin: marginOf('failure'),
    holdsStep: true,
    strata: strata(12),
    asked: { own: strata(own), cause, sentence: 'it is those requests' },
  });

  it('are not the suspect’s where the reference fails them as well', () => {
    const verdict = judge(evidence({ comparisons: [failures(0, 'data')] }));
    expect(verdict).toMatchObject({ action: 'hold', cause: 'data', reason: 'it is those requests' });
    expect(verdict.findings[0]!.finding).toBe('excused');
  });

  it('are waited for while they are being asked', () => {
    expect(judge(evidence({ comparisons: [failures(0, null)] }))).toMatchObject({ action: 'wait', cause: null });
  });

  it('take it back by those that are its own', () => {
    expect(judge(evidence({ comparisons: [failures(6, 'data')] }))).toMatchObject({
      action: 'take-back',
      cause: 'model',
    });
  });
});

describe('answers without truth', () => {
  const answers = (own: Partial<ComparedAnswers> = {}): ComparedAnswers => ({
    n: 400,
    disagree: 20,
    notFinite: 0,
    distinctInputs: 400,
    distinctAnswers: 400,
    referenceNotFinite: 0,
    referenceDistinct: 400,
    rankCorrelation: 0.95,
    ...own,
  });
  const then = { rows: 5_000, disagreement: 0.05, rankCorrelation: 0.95 };

  it.each<[string, Partial<ComparedAnswers>, string[]]>([
    ['an honest retrain', {}, []],
    [
      'not a number',
      { notFinite: 400, disagree: 400, distinctAnswers: 1, rankCorrelation: null },
      ['take-back', 'ask-person'],
    ],
    ['constant', { distinctAnswers: 1, rankCorrelation: null }, ['take-back']],
    ['few rows alike', { distinctInputs: 99, distinctAnswers: 1, rankCorrelation: null }, []],
    ['shuffled', { disagree: 168, rankCorrelation: 0.01 }, ['ask-person']],
    ['other decisions alone', { disagree: 168 }, ['ask-person']],
    ['another order alone', { rankCorrelation: 0.2 }, ['ask-person']],
    ['somewhat other rows', { disagree: 32, rankCorrelation: 0.9 }, []],
  ])('are looked at beside registration: %s', (_, own, actions) => {
    expect(oddAnswers(answers(own), then, RULES).map(({ action }) => action)).toEqual(actions);
  });

  it('that are no numbers need no registration to be useless', () => {
    expect(oddAnswers(answers({ notFinite: 400 }), undefined, RULES).map(({ action }) => action)).toEqual([
      'take-back',
    ]);
    // What was known of it then makes it no better.
    const known = { rows: 360, disagreement: 1, rankCorrelation: null };
    expect(oddAnswers(answers({ notFinite: 400 }), known, RULES)).toMatchObject([{ action: 'take-back' }]);
    const both = answers({ notFinite: 400, referenceNotFinite: 400 });
    expect(oddAnswers(both, undefined, RULES)).toEqual([]);
  });

  it('that are always the same are held against the other version’s, and labels alone are not', () => {
    const same = { distinctAnswers: 1, rankCorrelation: null };
    expect(oddAnswers(answers(same), undefined, RULES)).toMatchObject([{ action: 'take-back' }]);
    expect(oddAnswers(answers({ ...same, referenceDistinct: 2 }), undefined, RULES)).toEqual([]);
    expect(oddAnswers(answers({ ...same, referenceDistinct: null }), undefined, RULES)).toEqual([]);
  });

  it('hold nothing up where truth is known', () => {
    const unlike = [{ action: 'ask-person' as const, sentence: 'unlike' }];
    const right = {
      metric: 'wrong decisions',
      kind: 'truth' as const,
      margin: marginOf('truth'),
      holdsStep: true,
      strata: [{ share: 0.5, suspect: { n: 100, bad: 10 }, reference: { n: 100, bad: 10 } }],
    };
    expect(judge(evidence({ answers: unlike }))).toMatchObject({ action: 'ask-person', cause: 'unclear' });
    expect(judge(evidence({ answers: unlike, comparisons: [right] })).action).toBe('none');
  });
});

describe('means of losses', () => {
  const margin = { relative: 0.1, floor: 0.001 };
  const losses = (own: LossComparison['losses']): LossComparison => ({
    metric: 'Brier score',
    kind: 'truth',
    margin,
    holdsStep: true,
    losses: own,
    largest: 1,
  });
  const sums = (random: Random, n: number, mean: number) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      // A square of a uniform draw has a mean of a third.
      const loss = 3 * mean * random.uniform() ** 2;
      sum += loss;
      squares += loss * loss;
    }
    return { n, sum, squares };
  };

  /** Looks at every hundred rows; whether it is ever taken back. */
  function takenBack(seed: number, suspectMean: number, referenceMean: number): boolean {
    const random = new Random(seed);
    const strata: { suspect: ReturnType<typeof sums>; reference: ReturnType<typeof sums> }[] = [];
    for (let look = 0; look < 40; look++) {
      strata.push({ suspect: sums(random, 50, suspectMean), reference: sums(random, 50, referenceMean) });
      if (judge(evidence({ comparisons: [losses(strata)] })).action === 'take-back') return true;
    }
    return false;
  }

  it('take back what loses more, and nothing else', () => {
    const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
    expect(seeds.filter((seed) => takenBack(seed, 0.2, 0.1)).length).toBeGreaterThanOrEqual(59);
    expect(seeds.filter((seed) => takenBack(seed, 0.1, 0.1)).length).toBeLessThanOrEqual(2);
  });

  it('let a step be taken once the bound is within the margin, and say numbers', () => {
    const random = new Random(3);
    const strata = [{ suspect: sums(random, 40_000, 0.1), reference: sums(random, 40_000, 0.1) }];
    const step = { gate: 0, gates: 1, heldSeconds: 600, stepSeconds: 600, strata: [[]] };
    const verdict = judge(evidence({ comparisons: [losses(strata)], step }));
    expect(verdict).toMatchObject({ action: 'advance', findings: [{ basis: 'losses', finding: 'within-margin' }] });
    expect(verdict.reason).toMatch(/Brier score: 0\.\d+ of 40000 against 0\.\d+ of 40000: not worse, at most [+−]0\.0/);
  });
});
