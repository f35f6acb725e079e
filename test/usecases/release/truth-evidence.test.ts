import { describe, expect, it } from 'vitest';
import { judgeRulesOf } from '../../../core/judge/manifest-rules.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { addDecision, type DecisionScale, emptyTally } from '../../../core/quality/decisions.ts';
import type { SegmentTally } from '../../../core/quality/tally.ts';
import { noUnits } from '../../../core/quality/units.ts';
import { compareTruths } from '../../../usecases/release/truth-evidence.ts';

const rulesOf = (own: object) =>
  judgeRulesOf(Manifest.parse({ name: 'm', contract: { features: [] }, outputs: [], ...own }));

function segment(scale: DecisionScale, rows: readonly { score: number; truth: number | boolean }[]): SegmentTally {
  const decisions = emptyTally(scale);
  for (const row of rows) addDecision(decisions, scale, row);
  return { decisions, units: { ...noUnits(), n: rows.length, rows: rows.length }, business: {} };
}

function compared(rules: ReturnType<typeof rulesOf>, tally: SegmentTally, costs?: number[][]) {
  const strata = [{ since: 's', share: 0.5, suspect: { '': tally }, reference: { '': tally } }];
  return compareTruths(strata, rules, { current: 's', costs }).map(({ comparison }) => comparison);
}

const names = (comparisons: ReturnType<typeof compared>) =>
  comparisons.map(({ metric, className, holdsStep }) => `${metric}${className ? ` ${className}` : ''} ${holdsStep}`);

const PROBABILITIES = { outputs: [{ name: 'y', meaning: 'probabilities' }] };
const BINARY: DecisionScale = { task: 'binary', threshold: 0.5, probabilities: true };
const binary = segment(
  BINARY,
  Array.from({ length: 100 }, (_, i) => ({ score: i / 100, truth: i % 3 === 0 })),
);

describe('what decides once truth is known', () => {
  it('is recall, specificity and the Brier score of a binary decision by probabilities', () => {
    const rules = rulesOf({ ...PROBABILITIES, decision: { task: 'binary', output: 'y' } });
    const found = compared(rules, binary);
    expect(names(found)).toEqual(['missed true', 'false positives among negatives true', 'Brier score true']);
    expect(found[2]).toMatchObject({ largest: 1, losses: [{ suspect: { n: 100 }, reference: { n: 100 } }] });
  });

  it('is what the manifest names, means of losses with it', () => {
    const decision = { task: 'binary', output: 'y', costs: { falsePositive: 1, falseNegative: 5 } };
    const metrics = [{ metric: 'logLoss' }, { metric: 'cost', margin: 0.2, floor: 0.05 }];
    const rules = rulesOf({ ...PROBABILITIES, decision, quality: { metrics } });
    const costs = [
      [0, 1, 1],
      [5, 0, 5],
    ];
    const found = compared(rules, binary, costs);
    expect(names(found)).toEqual(['log loss true', 'cost true']);
    expect(found[1]).toMatchObject({ largest: 5, margin: { relative: 0.2, floor: 0.05 } });
    // Without what decisions cost, there is no such mean.
    expect(names(compared(rules, binary))).toEqual(['log loss true']);
  });

  it('is the error rate and the recall of classes that are no rarity, and the precision of one that is named', () => {
    const classes = ['a', 'b', 'c'];
    const rows = Array.from({ length: 200 }, (_, i) => ({ score: i % 2, truth: i === 0 ? 2 : i % 2 }));
    const tally = segment({ task: 'multiclass', classes }, rows);
    const model = { decision: { task: 'multiclass', output: 'y', classes } };
    expect(names(compared(rulesOf(model), tally))).toEqual([
      'wrong decisions true',
      'missed a false',
      'missed b false',
    ]);
    const quality = { metrics: [{ metric: 'precision', class: 'a' }] };
    const [found] = compared(rulesOf({ ...model, quality }), tally);
    expect(found).toMatchObject({ className: 'a', strata: [{ suspect: { n: 100, bad: 1 } }] });
  });
});
