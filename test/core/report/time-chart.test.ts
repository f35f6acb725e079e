import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimeSeries, timeChart } from '../../../core/report/time-chart.ts';

const FROM = Date.parse('2026-01-01T12:00:00Z');
const options = { from: FROM, to: FROM + 100_000, width: 154, height: 128 };
// 100 × 100 pixels within the margins: 44 left, 10 right, 8 above, 20 below.
const series = (...points: [second: number, value: number][]): TimeSeries => ({
  label: 'a',
  colour: '#123456',
  points: points.map(([second, value]) => ({ at: FROM + second * 1_000, value })),
});

describe('timeChart', () => {
  it('puts values where they belong', () => {
    const svg = timeChart([series([0, 0], [50, 10], [100, 5])], { ...options, max: 10 });
    expect(svg).toContain('d="M44.0 108.0L94.0 8.0L144.0 58.0"');
  });

  it('draws a lone value as a dot, and nothing as nothing', () => {
    expect(timeChart([series([50, 5])], { ...options, max: 10 })).toContain('<circle cx="94.0" cy="58.0"');
    expect(timeChart([series()], options)).not.toMatch(/<path|<circle/);
  });

  it('draws what is stacked upon what is below it', () => {
    const svg = timeChart([series([0, 4], [100, 4]), series([0, 2], [100, 6])], { ...options, max: 10, stacked: true });
    expect(svg).toContain('d="M44.0 68.0L144.0 68.0L144.0 108.0L44.0 108.0Z"');
    expect(svg).toContain('d="M44.0 48.0L144.0 8.0L144.0 68.0L44.0 68.0Z"');
  });

  it('draws thresholds with their label, and makes room for them', () => {
    const svg = timeChart([series([0, 1], [100, 1])], {
      ...options,
      lines: [{ value: 4, label: 'alarm <', colour: 'red' }],
    });
    expect(svg).toContain('alarm &#60; 4');
    expect(svg).toMatch(/y1="28.0" y2="28.0" stroke="red"/);
  });

  it('keeps everything within the picture, whatever comes', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 1e9, noNaN: true })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(values, fc.boolean(), (points, stacked) => {
        const ordered = [...new Map(points)].sort(([a], [b]) => a - b) as [number, number][];
        const svg = timeChart([series(...ordered), series(...ordered)], { ...options, stacked });
        for (const [, x, y] of svg.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(44);
          expect(Number(x)).toBeLessThanOrEqual(144);
          expect(Number(y)).toBeGreaterThanOrEqual(8);
          expect(Number(y)).toBeLessThanOrEqual(108);
        }
        expect(svg).not.toMatch(/NaN|Infinity/);
      }),
    );
  });
});
