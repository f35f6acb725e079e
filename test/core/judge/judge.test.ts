import { describe, expect, it } from 'vitest';
import { type JudgeEvidence, judge } from '../../../core/judge/judge.ts';
import { budgetLevels, gateMargin, levelOfAnswers, operationMargin } from '../../../core/judge/rules.ts';
import { marginOf, RULES } from './rollout.ts';

const stratum = (bad: number, other: number, n = 1_000, share: number | undefined = 0.5) => ({
  share,
  suspect: { n, bad },
  reference: { n, bad: other },
});
const failures = (bad: number, other: number, n?: number) => ({
  metric: 'failures',
  kind: 'failure' as const,
  margin: marginOf('failure'),
  holdsStep: true,
  strata: [stratum(bad, other, n)],
});
const evidence = (own: Partial<JudgeEvidence> = {}): JudgeEvidence => ({
  version: 2,
  rules: RULES,
  comparisons: [failures(0, 0, 4_000)],
  waitsForTruth: false,
  trouble: [],
  isConcurrent: false,
  ageDays: 0,
  returnable: true,
  ...own,
});
const step = (own: Partial<NonNullable<JudgeEvidence['step']>> = {}, strata = [[stratum(0, 0, 4_000)]]) => ({
  step: { gate: 0, gates: 3, heldSeconds: 600, stepSeconds: 600, strata, ...own },
});

describe('judge', () => {
  it('takes a version back that is worse, whatever else is the matter', () => {
    const trouble = [{ cause: 'infrastructure' as const, sentence: 'a dependency fails' }];
    const verdict = judge(evidence({ comparisons: [failures(40, 0)], trouble, ...step({ heldSeconds: 5 }) }));
    expect(verdict).toMatchObject({ cause: 'model', action: 'take-back', findings: [{ finding: 'worse' }] });
    expect(verdict.reason).toContain('failures: 4 % of 1000 against 0 % of 1000: worse, +4 pp, +0.5 pp are let pass');
  });

  it('names the segment and the class', () => {
    const comparisons = [{ ...failures(40, 0), segment: 'carrier=UA', className: 'late' }];
    expect(judge(evidence({ comparisons })).reason).toContain('failures of class late in carrier=UA');
  });

  it('leaves a difference alone that is sure and does not matter', () => {
    const verdict = judge(evidence({ comparisons: [failures(103_000, 100_000, 1_000_000)] }));
    expect(verdict).toMatchObject({ cause: null, action: 'none' });
    expect(verdict.findings[0]!.evidence).toBeGreaterThan(verdict.findings[0]!.needed);
  });

  it('does not take back what is old, or what nothing came before', () => {
    const comparisons = [failures(40, 0)];
    expect(judge(evidence({ comparisons, ageDays: 8 }))).toMatchObject({ action: 'ask-person', cause: 'model' });
    expect(judge(evidence({ comparisons, returnable: false }))).toMatchObject({
      action: 'ask-person',
      cause: 'unclear',
    });
  });

  it('waits for nothing more where no more is to come', () => {
    const trouble = [{ cause: 'infrastructure' as const, sentence: 'all fail', about: 'Failure' }];
    const strata = [{ suspect: { n: 20, bad: 5 }, reference: { n: 200, bad: 10 } }];
    const comparisons = [{ ...failures(0, 0), strata }];
    expect(judge(evidence({ comparisons, trouble }))).toMatchObject({ action: 'wait', cause: 'unclear' });
    expect(judge(evidence({ comparisons, trouble, ageDays: 8 }))).toMatchObject({ action: 'hold' });
    const closed = comparisons.map((each) => ({ ...each, isClosed: true }));
    expect(judge(evidence({ comparisons: closed, trouble }))).toMatchObject({ action: 'hold' });
  });

  it('wants a version to be twice as bad where it is compared with what was before it, and says so', () => {
    const afterwards = (bad: number, other: number) => [
      { ...failures(0, 0), strata: [stratum(bad, other, 200, undefined)].map(({ share: _, ...rest }) => rest) },
    ];
    expect(judge(evidence({ comparisons: afterwards(30, 20) })).action).toBe('none');
    const verdict = judge(evidence({ comparisons: afterwards(90, 10) }));
    expect(verdict.action).toBe('take-back');
    expect(verdict.reason).toContain('before and after the release');
  });

  it.each([
    ['drift', 'retrain'],
    ['data', 'hold'],
    ['infrastructure', 'hold'],
    ['unclear', 'ask-person'],
  ] as const)('answers %s with %s', (cause, action) => {
    const trouble = [{ cause, sentence: 'what it is' }];
    expect(judge(evidence({ trouble }))).toMatchObject({ cause, action, reason: 'what it is' });
  });

  it('lets a step be taken once it has held and nothing is left that matters', () => {
    expect(judge(evidence(step({ heldSeconds: 599 })))).toMatchObject({ action: 'wait' });
    expect(judge(evidence(step()))).toMatchObject({ action: 'advance', missing: [] });
  });

  it('waits for what is not clear, names it, and asks a person when its patience ends', () => {
    const few = { comparisons: [failures(0, 0, 20)] };
    const strata = [[stratum(0, 0, 20)]];
    expect(judge(evidence({ ...few, ...step({}, strata) }))).toMatchObject({ action: 'wait', missing: ['failures'] });
    const asked = judge(evidence({ ...few, ...step({ heldSeconds: 90_000 }, strata) }));
    expect(asked).toMatchObject({ action: 'ask-person', cause: 'unclear' });
    expect(asked.reason).toMatch(/it has waited 25 h, and would take about \d+ h more/);
  });

  it('takes no step without truth where truth is known to come', () => {
    expect(judge(evidence({ waitsForTruth: true, ...step() }))).toMatchObject({
      action: 'wait',
      missing: ['truth of its predictions'],
    });
  });

  it('lets no segment hold up a step', () => {
    const comparisons = [failures(0, 0, 4_000), { ...failures(0, 0, 3), segment: 'a', holdsStep: false }];
    const strata = [[stratum(0, 0, 4_000)], [stratum(0, 0, 3)]];
    expect(judge(evidence({ comparisons, ...step({}, strata) })).action).toBe('advance');
  });

  it('keeps of very many comparisons those that say most', () => {
    const comparisons = Array.from({ length: 100 }, (_, i) => ({
      ...failures(i === 70 ? 60 : 1, 1),
      segment: `s${i}`,
    }));
    const { findings, reason } = judge(evidence({ comparisons }));
    expect(findings).toHaveLength(24);
    expect(findings[0]).toMatchObject({ segment: 's70', finding: 'worse' });
    expect(reason).toContain('in s70');
  });
});

describe('margins and budget', () => {
  const at = (kind: 'failure' | 'truth', gate: number, gates = 3) =>
    gateMargin(RULES, marginOf(kind), { kind, gate, gates });

  it('fall geometrically from the first gate to the last', () => {
    expect([0, 1, 2].map((gate) => at('failure', gate).relative)).toEqual([
      1,
      expect.closeTo(0.316, 3),
      expect.closeTo(0.1, 12),
    ]);
    expect(at('failure', 0).floor).toBe(0.05);
    expect(at('failure', 2).floor).toBeCloseTo(0.005, 12);
    expect(at('truth', 0)).toEqual({ relative: 1, floor: 0.001 });
  });

  it('are the last where there is a single gate', () => {
    const { relative, floor } = at('failure', 0, 1);
    expect(relative).toBeCloseTo(operationMargin(RULES).relative, 12);
    expect(floor).toBeCloseTo(operationMargin(RULES).floor, 12);
  });

  it('never exceed the budget, however many there are', () => {
    const kinds = ['failure', 'slow', 'slow', 'truth', 'truth'] as const;
    const comparisons = [
      ...kinds.map((kind) => ({ kind, part: false })),
      ...Array.from({ length: 100 }, () => ({ kind: 'truth' as const, part: true })),
    ];
    const sum = budgetLevels(0.005, comparisons).reduce((a, b) => a + b, 0);
    // Answers whose truth is not known have three checks besides.
    expect(sum + 3 * levelOfAnswers(RULES)).toBeCloseTo(0.005, 12);
  });
});
