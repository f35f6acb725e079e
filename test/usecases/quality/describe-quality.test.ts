import { describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { describeQuality, UnknownSegmentError } from '../../../usecases/quality/describe-quality.ts';
import { QualityView } from '../../../usecases/quality/quality-view.ts';
import type { JoinedRow } from '../../../usecases/quality/tally-rows.ts';
import { manifest, row, several, tally } from './joined-rows.ts';

describe('describeQuality', () => {
  const window = { from: new Date('2026-01-31T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') };
  const viewOf = (rows: readonly JoinedRow[], of: Manifest, segment?: string): QualityView =>
    QualityView.parse(
      JSON.parse(
        JSON.stringify(
          describeQuality(tally(rows, of), { model: 'flights', version: 1, manifest: of, segment, ...window }),
        ),
      ),
    );

  it('has metrics, confusion, calibration and segments of a binary decision', () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      row(String(i), { score: i / 40, truth: i % 3 === 0, features: { carrier: i % 4 === 0 ? 'DL' : 'UA' } }),
    );
    const view = viewOf(rows, manifest);
    expect(view).toMatchObject({ task: 'binary', truths: 40, units: 40, designEffect: 1 });
    expect(view.confusion!.counts.flat().reduce((a, b) => a + b, 0)).toBe(40);
    expect(view.calibration.length).toBeGreaterThan(10);
    expect(view.deciding.map(({ metric }) => metric)).toEqual(['recall', 'specificity', 'brier']);
    const carriers = view.segments.filter(({ name }) => name.startsWith('carrier='));
    expect(carriers.map(({ name, truths }) => [name, truths])).toEqual([
      ['carrier=DL', 10],
      ['carrier=UA', 30],
    ]);
    expect(viewOf(rows, manifest, 'carrier=DL').metrics.errorRate).toEqual(carriers[0]!.value);
    expect(() => viewOf(rows, manifest, 'carrier=B6')).toThrow(UnknownSegmentError);
  });

  it('has metrics by class of several', () => {
    const view = viewOf([row('a', { score: 2, truth: 'late' }), row('b', { score: null, truth: 'early' })], several);
    expect(view.classes.late!.recall!.value).toBe(1);
    expect(view.confusion!.decisions).toEqual(['early', 'on time', 'late', 'none']);
    expect(view.metrics.brier).toMatchObject({ value: null });
  });

  it('tells classes called none and other from the columns that the matrix adds', () => {
    const names = ['none', 'other', ...Array.from({ length: 99 }, (_, i) => `c${i}`)];
    const of = Manifest.parse({
      name: 'flights',
      contract: manifest.contract,
      decision: { task: 'multiclass', output: 'p', classes: names },
    });
    const rows = [row('a', { score: null, truth: 'none' }), row('b', { score: 100, truth: 'c98' })];
    const { truths, decisions } = viewOf(rows, of).confusion!;
    expect(truths.slice(-1)).toEqual(['(other)']);
    expect(decisions.slice(-2)).toEqual(['(other)', '(none)']);
    expect(new Set(decisions).size).toBe(decisions.length);
  });

  it('stays readable, and says what is not defined, when one truth or value is enormous', () => {
    const estimates = Manifest.parse({
      name: 'flights',
      contract: manifest.contract,
      monitoring: { business: [{ name: 'reward' }] },
      decision: { task: 'regression', output: 'y' },
    });
    const rows = [1e200, 1, 2].map((truth, i) => row(String(i), { score: 1, truth, unit: 'one caller' }));
    const worth = [1e160, 1].map((value, i) =>
      row(String(i), { feedback: { id: String(i), metric: 'reward', value } }),
    );
    const { metrics, business, truths } = viewOf([...rows, ...worth], estimates);
    expect(truths).toBe(3);
    expect(metrics.rmse).toMatchObject({ value: null, reason: expect.stringContaining('beyond the numbers') });
    expect(metrics.medianAbsoluteError!.value).not.toBeNull();
    expect(business.reward).toMatchObject({ mean: { value: 5e159, low: null }, total: { value: 1e160 } });
  });

  it('is empty where nothing is known', () => {
    expect(viewOf([], manifest)).toMatchObject({ truths: 0, metrics: {}, confusion: null, segments: [] });
  });
});
