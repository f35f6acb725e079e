import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlarmTransition } from '../../../core/alarms/alarm.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import type { Entry, ReleaseState } from '../../../core/registry/ledger.ts';
import { commandOf, decideRollback } from '../../../core/rollback/decide.ts';
import type { Evidence, MetricObservation } from '../../../core/rollback/evidence.ts';
import { histories, play } from '../registry/arbitraries.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const ALARM_AT = '2026-01-01T00:10:00.000Z';
const NOW = '2026-01-01T00:10:01.000Z';

const canary: ReleaseState = {
  ...play([]).state,
  revision: 9,
  latest: 2,
  approved: [1, 2],
  champion: 1,
  since: SINCE,
  challengers: [{ version: 2, weight: 0.25, steps: [0.25, 1], step: 0, since: SINCE, slices: [[0, 0.25]] }],
  salt: 2,
};
const released: ReleaseState = { ...canary, champion: 2, previous: [1], challengers: [], salt: null };

const alarm = (variant = 'challenger', at = ALARM_AT): AlarmTransition => ({
  alarm: `trimtab.dev.m.${variant}.PredictionError`,
  model: 'm',
  from: 'OK',
  to: 'ALARM',
  at,
  reason: 'r',
});

const seen = (...observations: MetricObservation[]): Evidence => ({
  metric: 'PredictionError',
  rate: true,
  from: SINCE,
  to: ALARM_AT,
  observations,
  baseline: 0.2,
  threshold: 0.36,
});
const one = (version: number, role: MetricObservation['role'], samples: number, mean: number): MetricObservation => ({
  version,
  role,
  samples,
  mean,
});

const options = { now: NOW, cooldownSeconds: 60, recent: [] as Entry[] };

describe('decideRollback', () => {
  it('takes a canary back when it alone is worse', () => {
    const evidence = seen(one(1, 'champion', 900, 0.24), one(2, 'challenger', 300, 0.46));
    const verdict = decideRollback(canary, alarm(), evidence, options);
    expect(verdict).toMatchObject({ action: 'abort-canary', target: 1, retrain: false });
    expect(verdict.reason).toContain('the suspect alone is worse');
    expect(verdict.reason).toContain('46.0 % of 300');
  });

  it('holds when every variant is worse together, and asks for retraining', () => {
    const evidence = seen(one(1, 'champion', 900, 0.43), one(2, 'challenger', 300, 0.45));
    const verdict = decideRollback(canary, alarm(), evidence, options);
    expect(verdict).toMatchObject({ action: 'hold', retrain: true });
    expect(verdict.reason).toContain('the data or the population changed');
    expect(commandOf(verdict, alarm(), canary)).toMatchObject({ type: 'request-retraining' });
    expect(commandOf(verdict, alarm(), { ...canary, retraining: SINCE })).toMatchObject({ type: 'hold-alarm' });
  });

  it('blames of several challengers those that are worse, and them alone', () => {
    const three: ReleaseState = {
      ...canary,
      latest: 4,
      challengers: [2, 3, 4].map((version, i) => ({
        ...canary.challengers[0]!,
        version,
        weight: 0.2,
        slices: [[0.2 * i, 0.2 * (i + 1)]],
      })),
    };
    const evidence = seen(
      one(1, 'champion', 900, 0.24),
      one(2, 'challenger', 300, 0.25),
      one(3, 'challenger', 300, 0.46),
      one(4, 'challenger', 300, 0.5),
    );
    const verdict = decideRollback(three, alarm(), evidence, options);
    expect(verdict).toMatchObject({ action: 'abort-canary', target: 1, versions: [3, 4] });
    expect(verdict.reason).toContain('version 3 has 46.0 % of 300');
    expect(verdict.reason).not.toContain('version 2 has');
    const { state } = decide(three, commandOf(verdict, alarm(), three)!, { model: 'm', at: NOW, actor: 'f' });
    expect(state.challengers.map(({ version }) => version)).toEqual([2]);
    expect(state.quarantined.map(({ version }) => version)).toEqual([3, 4]);
  });

  it('takes what both have lost for drift, unless the suspect has lost as much again', () => {
    const both = (suspect: number) => seen(one(1, 'champion', 5_000, 0.4), one(2, 'challenger', 5_000, suspect));
    expect(decideRollback(canary, alarm(), both(0.5), options)).toMatchObject({ action: 'hold', retrain: true });
    expect(decideRollback(canary, alarm(), both(0.62), options)).toMatchObject({ action: 'abort-canary' });
  });

  it('holds when the champion is the one that is worse', () => {
    const evidence = seen(one(1, 'champion', 900, 0.45), one(2, 'challenger', 300, 0.2));
    expect(decideRollback(canary, alarm('champion'), evidence, options)).toMatchObject({
      action: 'hold',
      retrain: false,
    });
  });

  it('goes back to the last good champion when a fresh one is worse than its predecessor was', () => {
    const evidence = seen(one(2, 'champion', 500, 0.5), one(1, 'predecessor', 500, 0.22));
    const verdict = decideRollback(released, alarm('champion'), evidence, options);
    expect(verdict).toMatchObject({ action: 'revert', target: 1 });
    expect(verdict.reason).toContain('another window');
  });

  it('records that there is nowhere to go back to', () => {
    const evidence = seen(one(2, 'champion', 500, 0.5), one(1, 'predecessor', 500, 0.22));
    const verdict = decideRollback({ ...released, previous: [] }, alarm('champion'), evidence, options);
    expect(verdict).toMatchObject({ action: 'hold', retrain: true });
    expect(verdict.reason).toContain('no former champion to go back to');
  });

  it('does not blame a model for which there are too few samples', () => {
    const evidence = seen(one(1, 'champion', 900, 0.2), one(2, 'challenger', 29, 1));
    expect(decideRollback(canary, alarm(), evidence, options).action).toBe('hold');
  });

  it('ignores an alarm that is older than the release', () => {
    const evidence = seen(one(1, 'champion', 900, 0.24), one(2, 'challenger', 300, 0.46));
    const stale = decideRollback(canary, alarm('challenger', '2025-12-31T23:59:59.000Z'), evidence, options);
    expect(stale).toMatchObject({ action: 'hold', retrain: false });
    expect(stale.reason).toContain('older than the current release');
  });

  it('answers the same transition once', () => {
    const evidence = seen(one(1, 'champion', 900, 0.24), one(2, 'challenger', 300, 0.46));
    const first = decideRollback(canary, alarm(), evidence, options);
    const entry = decide(canary, commandOf(first, alarm(), canary)!, { model: 'm', at: NOW, actor: 'f' });
    const again = decideRollback(entry.state, alarm(), evidence, { ...options, recent: [entry] });
    expect(again).toMatchObject({ action: 'ignore', answered: entry.number });
    expect(commandOf(again, alarm(), entry.state)).toBeUndefined();
  });

  it('makes no second rollback during the cool-down, and says so', () => {
    const evidence = seen(one(1, 'champion', 900, 0.24), one(2, 'challenger', 300, 0.46));
    const cooling = { ...canary, lastRollback: '2026-01-01T00:09:30.000Z' };
    const verdict = decideRollback(cooling, alarm(), evidence, options);
    expect(verdict.action).toBe('hold');
    expect(verdict.reason).toContain('cool-down');
    expect(decideRollback(cooling, alarm(), evidence, { ...options, cooldownSeconds: 31 }).action).toBe('abort-canary');
  });

  const observation = (versions: number[]) =>
    fc.record({
      version: fc.constantFrom(...versions),
      role: fc.constantFrom('champion', 'challenger', 'predecessor') as fc.Arbitrary<MetricObservation['role']>,
      samples: fc.integer({ min: 20, max: 5_000 }),
      mean: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    });

  it('never sends traffic to a quarantined version, and its command always fits the state', () => {
    let acted = 0;
    fc.assert(
      fc.property(
        histories,
        fc.array(observation([1, 2, 3, 4]), { minLength: 8, maxLength: 24 }),
        fc.constantFrom('champion', 'challenger'),
        fc.constantFrom<Command>(
          { type: 'start-canary', version: 2, steps: [0.5, 1], reason: 'r' },
          { type: 'release', version: 2, reason: 'r' },
        ),
        (tried, observations, variant, last) => {
          // Whatever came before, most histories then end with version 2 released over version 1.
          const { state } = play([
            ...tried,
            { type: 'promote', reason: 'r' },
            { type: 'release', version: 1, reason: 'r' },
            last,
          ]);
          const at = '2026-01-02T00:00:00.000Z';
          const verdict = decideRollback(state, alarm(variant, at), seen(...observations), { ...options, now: at });
          if (verdict.target !== undefined) {
            acted++;
            expect(state.quarantined.map((q) => q.version)).not.toContain(verdict.target);
            expect([state.champion, ...state.previous]).toContain(verdict.target);
          }
          const command = commandOf(verdict, alarm(variant, at), state);
          expect(() => decide(state, command!, { model: 'm', at, actor: 'f' })).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
    expect(acted).toBeGreaterThan(20);
  });

  it('never rolls back a challenger that is no worse than the champion', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 5_000 }),
        fc.integer({ min: 30, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n1, n2, a, b) => {
          const [better, worse] = a < b ? [a, b] : [b, a];
          const evidence = seen(one(1, 'champion', n1, worse), one(2, 'challenger', n2, better));
          expect(decideRollback(canary, alarm(), evidence, options).action).toBe('hold');
        },
      ),
    );
  });

  it('stays with a rollback when the challenger gets worse still', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, champion, a, b) => {
          const action = (mean: number) =>
            decideRollback(
              canary,
              alarm(),
              seen(one(1, 'champion', 1_000, champion), one(2, 'challenger', n, mean)),
              options,
            ).action;
          if (action(Math.min(a, b)) === 'abort-canary') expect(action(Math.max(a, b))).toBe('abort-canary');
        },
      ),
    );
  });
});
