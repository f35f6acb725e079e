import { describe, expect, it } from 'vitest';
import { judgeRulesOf } from '../../../core/judge/manifest-rules.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { ReferencePerformance } from '../../../core/profile/profile.ts';
import { errorEdges } from '../../../core/quality/error-bins.ts';
import { worseOnReference } from '../../../core/quality/reference-worth.ts';

const rulesOf = (decision: object) =>
  judgeRulesOf(
    Manifest.parse({ name: 'm', contract: { features: [{ name: 'x', type: 'float' }] }, outputs: [], decision }),
  );
const BINARY = rulesOf({ task: 'binary', output: 'p', column: 0 });
const REGRESSION = rulesOf({ task: 'regression', output: 'y', column: 0 });

const binary = (positives: readonly [number, number], negatives: readonly [number, number]): ReferencePerformance => ({
  rows: positives[0] + negatives[0],
  errorRate: (positives[1] + negatives[1]) / (positives[0] + negatives[0]),
  classes: [
    { name: 'false', rows: negatives[0], wrong: negatives[1] },
    { name: 'true', rows: positives[0], wrong: positives[1] },
  ],
});

describe('worseOnReference', () => {
  it('goes by the metrics that decide, with their intervals', () => {
    const [own, champion] = [binary([500, 370], [500, 60]), binary([500, 55], [500, 60])];
    expect(worseOnReference(own, champion, BINARY)).toEqual([
      expect.stringMatching(/^missed positives: 74 % of 500 \(.*\), the champion 11 % of 500 \(.*\)$/),
    ]);
    expect(worseOnReference(champion, own, BINARY)).toEqual([]);
    expect(worseOnReference(binary([5, 4], [5, 0]), binary([5, 1], [5, 0]), BINARY)).toEqual([]);
  });

  it('goes by the error rate where an older reference has nothing else', () => {
    const said = worseOnReference({ rows: 5_000, errorRate: 0.74 }, { rows: 5_000, errorRate: 0.11 }, BINARY);
    expect(said).toEqual([expect.stringMatching(/^wrong decisions: 74 % of 5000/)]);
    expect(worseOnReference({ rows: 5_000, errorRate: 0.12 }, { rows: 5_000, errorRate: 0.11 }, BINARY)).toEqual([]);
    expect(worseOnReference({ rows: 5_000 }, { rows: 5_000, errorRate: 0.11 }, BINARY)).toEqual([]);
  });

  it('counts errors of a regression above the usual ones of the champion', () => {
    const of = (scale: number): ReferencePerformance => ({
      rows: 2_000,
      errorEdges: errorEdges(Array.from({ length: 2_000 }, (_, i) => (scale * (i + 1)) / 2_000)),
    });
    expect(worseOnReference(of(3), of(1), REGRESSION)).toEqual([
      expect.stringMatching(/^errors above the champion’s median: 8\d/),
      expect.stringMatching(/^errors above nine tenths of the champion’s: 7/),
    ]);
    expect(worseOnReference(of(1), of(1), REGRESSION)).toEqual([]);
  });
});
