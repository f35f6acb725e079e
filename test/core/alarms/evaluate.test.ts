import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlarmDefinition, AlarmState } from '../../../core/alarms/alarm.ts';
import { evaluate, evaluationRange, periodsOf } from '../../../core/alarms/evaluate.ts';

const alarm = (m: number, n: number, missingData: AlarmDefinition['missingData']): AlarmDefinition => ({
  name: 'a',
  model: 'm',
  metric: 'PredictionError',
  dimensions: { Environment: 'dev', Model: 'm', Variant: 'challenger' },
  statistic: 'Average',
  periodSeconds: 10,
  threshold: 0.5,
  comparison: 'GreaterThanOrEqualToThreshold',
  datapointsToAlarm: m,
  evaluationPeriods: n,
  missingData,
  action: 'wake-judge',
  runbook: 'x.md',
});

/** `0` not breaching, `X` breaching, `-` missing, as in CloudWatch's documentation; newest last. */
const POINTS: Readonly<Record<string, number | undefined>> = { 0: 0, X: 1, '-': undefined };
const values = (text: string) => text.split(' ').map((point) => POINTS[point]);

// "Retain current state" is told apart by evaluating from each state.
const TABLES: [m: number, points: string, missing: string, ignore: string, breaching: string, notBreaching: string][] =
  [
    [3, '0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    [3, '- - - - 0', 'OK', 'OK', 'OK', 'OK'],
    [3, '- - - - -', 'INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK'],
    [3, '0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '- - X - -', 'ALARM', 'retain', 'ALARM', 'OK'],
    [2, '0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - - X', 'ALARM', 'retain', 'ALARM', 'OK'],
  ];

describe('evaluate', () => {
  describe.each(TABLES)("CloudWatch's documented tables: %i of 3, %s", (m, points, ...expected) => {
    it.each(['missing', 'ignore', 'breaching', 'notBreaching'] as const)('treats missing data as %s', (how) => {
      const want = expected[['missing', 'ignore', 'breaching', 'notBreaching'].indexOf(how)];
      for (const previous of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as AlarmState[]) {
        const { state } = evaluate(alarm(m, 3, how), values(points), previous);
        expect(state).toBe(want === 'retain' ? previous : want);
      }
    });
  });

  it('goes off exactly when M of the last N breach, if nothing is missing', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((n) =>
            fc.tuple(
              fc.constant(n),
              fc.integer({ min: 1, max: n }),
              fc.array(fc.boolean(), { minLength: n, maxLength: n + 3 }),
              fc.constantFrom('missing', 'ignore', 'breaching', 'notBreaching'),
            ),
          ),
        ([n, m, bits, how]) => {
          const state = evaluate(alarm(m, n, how), bits.map(Number), 'OK').state;
          expect(state).toBe(bits.slice(-n).filter(Boolean).length >= m ? 'ALARM' : 'OK');
        },
      ),
    );
  });

  it('never turns from ALARM to OK by one more breach', () => {
    const point = fc.constantFrom(0, 1, undefined);
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 5, maxLength: 5 }),
        fc.nat(4),
        fc.constantFrom('missing', 'breaching', 'notBreaching'),
        (points, at, how) => {
          fc.pre(points[at] === 0);
          const worse = points.with(at, 1);
          const before = evaluate(alarm(2, 3, how), points, 'OK').state;
          if (before === 'ALARM') expect(evaluate(alarm(2, 3, how), worse, 'OK').state).toBe('ALARM');
        },
      ),
    );
  });
});

describe('periodsOf', () => {
  const a = alarm(1, 2, 'notBreaching');
  const now = 1_000_000;

  it('leaves out the period under way and what is older than the range', () => {
    const points = [-60, -30, -20, -10, 0].map((seconds) => ({ at: now + seconds * 1_000, value: seconds }));
    expect(periodsOf(a, points, now + 5_000)).toEqual([undefined, -30, -20, -10]);
    expect(evaluationRange(a)).toBe(4);
  });
});
