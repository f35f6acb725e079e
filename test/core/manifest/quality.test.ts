import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../core/manifest/duration.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { qualityOf } from '../../../core/manifest/quality-of.ts';
import { qualityProblem } from '../../../core/manifest/validate-quality.ts';

const PROBABILITIES = [{ name: 'p', meaning: 'probabilities' }];
const BINARY = { task: 'binary', output: 'p' };
const CLASSES = { task: 'multiclass', output: 'p', classes: ['early', 'on time', 7] };

const manifest = (rest: Record<string, unknown>): Manifest =>
  Manifest.parse({
    name: 'm',
    contract: {
      features: [
        { name: 'carrier', type: 'string' },
        { name: 'distance', type: 'float' },
        { name: 'seats', type: 'integer' },
        { name: 'weekday', type: 'integer', min: 1, max: 7 },
        { name: 'surname', type: 'string', personal: 'hash' },
      ],
    },
    ...rest,
  });
const deciding = (rest: Record<string, unknown>): string[] =>
  qualityOf(manifest(rest)).metrics.map(({ metric, class: of }) => (of === undefined ? metric : `${metric} of ${of}`));

describe('qualityOf', () => {
  it('decides by what a constant answer loses at, whatever the base rate', () => {
    expect(deciding({ decision: BINARY })).toEqual(['recall', 'specificity']);
    expect(deciding({ decision: BINARY, outputs: PROBABILITIES })).toEqual(['recall', 'specificity', 'brier']);
    expect(deciding({ decision: CLASSES })).toEqual([
      'errorRate',
      'recall of early',
      'recall of on time',
      'recall of 7',
    ]);
    expect(deciding({ decision: { task: 'regression', output: 'y' } })).toEqual(['errorAboveMedian', 'errorAboveP90']);
    expect(deciding({})).toEqual([]);
  });

  it('decides by precision where truth is of predicted positives only', () => {
    expect(deciding({ decision: BINARY, outputs: PROBABILITIES, truth: { of: 'predicted-positives' } })).toEqual([
      'precision',
    ]);
  });

  it('has a margin of 10 %, a floor of 0.1 points and 24 hours of patience unless the manifest says', () => {
    const { metrics, patienceMs, minClassShare } = qualityOf(manifest({ decision: BINARY }));
    expect(metrics[0]).toEqual({ metric: 'recall', higherIsBetter: true, margin: 0.1, floor: 0.001 });
    expect([patienceMs, minClassShare]).toEqual([86_400_000, 0.02]);
    const own = qualityOf(
      manifest({
        decision: BINARY,
        quality: {
          metrics: [{ metric: 'precision', margin: 0.3 }, { metric: 'errorRate' }],
          floor: 0,
          patience: '90m',
        },
      }),
    );
    expect(own.metrics).toEqual([
      { metric: 'precision', higherIsBetter: true, margin: 0.3, floor: 0 },
      { metric: 'errorRate', higherIsBetter: false, margin: 0.1, floor: 0 },
    ]);
    expect(own.patienceMs).toBe(5_400_000);
  });

  it('takes classes from the output where the decision has none', () => {
    const outputs = [{ name: 'p', meaning: 'probabilities', classes: ['a', 'b'] }];
    const decision = { task: 'multiclass', output: 'p' };
    expect(deciding({ decision, outputs })).toEqual(['errorRate', 'recall of a', 'recall of b']);
    const metrics = [{ metric: 'recall', class: 'b' }];
    expect(deciding({ decision, outputs, quality: { metrics } })).toEqual(['recall of b']);
  });
});

describe('qualityProblem', () => {
  const problem = (rest: Record<string, unknown>): string => qualityProblem(manifest(rest)) ?? 'none';
  const metrics = (...names: string[]) => ({ metrics: names.map((metric) => ({ metric })) });
  const segments = (...all: unknown[]) => ({ monitoring: { segments: all } });

  it('finds nothing in what goes together', () => {
    expect(problem({})).toBe('none');
    expect(problem({ decision: CLASSES, quality: { metrics: [{ metric: 'recall', class: 7 }] } })).toBe('none');
    expect(
      problem(segments({ feature: 'carrier' }, { feature: 'distance', edges: [500, 1000] }, { feature: 'weekday' })),
    ).toBe('none');
  });

  it('says which metric does not fit the decision', () => {
    expect(problem({ quality: metrics('recall') })).toContain('no decision');
    expect(problem({ decision: BINARY, quality: metrics('errorAboveMedian') })).toContain('decides about binary');
    expect(problem({ decision: BINARY, quality: metrics('brier') })).toContain('needs probabilities');
    expect(problem({ decision: BINARY, outputs: PROBABILITIES, quality: metrics('brier') })).toBe('none');
    const regression = { task: 'regression', output: 'y' };
    expect(problem({ decision: regression, quality: metrics('errorRate') })).toContain('decision.tolerance');
    expect(problem({ decision: { ...regression, tolerance: 2 }, quality: metrics('errorRate') })).toBe('none');
    expect(problem({ decision: CLASSES, quality: { metrics: [{ metric: 'recall', class: 'late' }] } })).toContain(
      'early, on time, 7',
    );
    expect(problem({ decision: BINARY, quality: { metrics: [{ metric: 'recall', class: 'x' }] } })).toContain(
      'no one class',
    );
  });

  it('says what is not defined where truth is of predicted positives only', () => {
    const truth = { of: 'predicted-positives' };
    expect(problem({ decision: BINARY, truth, quality: metrics('recall') })).toContain('precision is');
    expect(problem({ decision: CLASSES, truth })).toContain('multiclass');
  });

  it('wants the names of several classes', () => {
    expect(problem({ decision: { task: 'multiclass', output: 'p' } })).toContain('decision.classes');
  });

  it('says which feature cannot be a segment', () => {
    expect(problem(segments({ feature: 'origin' }))).toContain('no feature');
    expect(problem(segments({ feature: 'surname' }))).toContain('personal');
    expect(problem(segments({ feature: 'distance' }))).toContain('edges');
    expect(problem(segments({ feature: 'seats' }))).toContain('integer: its values are too many');
    expect(problem(segments({ feature: 'carrier', edges: [1] }))).toContain('string');
  });
});

describe('Manifest', () => {
  it('refuses what it does not know of quality, truth and segments', () => {
    for (const rest of [
      { quality: { metrics: [{ metric: 'f1' }] } },
      { quality: { patience: '1 day' } },
      { truth: { after: '1h' } },
      { monitoring: { segments: [{ feature: 'a' }, { feature: 'a' }] } },
      { monitoring: { segments: [{ feature: 'a', edges: [2, 1] }] } },
      { decision: { ...CLASSES, classes: ['1', 1] } },
    ])
      expect(() => manifest(rest), JSON.stringify(rest)).toThrow();
  });

  it('reads durations', () => {
    expect(['90s', '20m', '24h', '7d'].map(durationMs)).toEqual([90_000, 1_200_000, 86_400_000, 604_800_000]);
  });
});
