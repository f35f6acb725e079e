import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseRefusedError } from '../../../core/registry/errors.ts';
import { EMPTY_STATE, Entry } from '../../../core/registry/ledger.ts';
import { commands, histories, play } from './arbitraries.ts';

const context = { model: 'm', at: '2026-01-01T00:00:00.000Z', actor: 'test' };
const r = 'because';
const registered = (n: number): Command[] =>
  Array.from({ length: n }, (_, i) => i + 1).flatMap((version): Command[] => [
    { type: 'register', version, reason: r },
    { type: 'approve', version, reason: r },
  ]);

describe('decide, in whatever order commands come', () => {
  it('numbers entries from 1 without a gap, and every state is the one its entry carries', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        const { entries } = play(tried);
        entries.forEach((entry, i) => {
          expect(entry.number).toBe(i + 1);
          expect(entry.state.revision).toBe(i + 1);
          expect(Entry.safeParse(entry).success).toBe(true);
        });
      }),
    );
  });

  it('never gives traffic, mirrored or not, to a quarantined or rejected version', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { state } of play(tried).entries) {
          const barred = [...state.quarantined.map((q) => q.version), ...state.rejected];
          const used = [state.champion, state.challenger?.version, state.shadow, ...state.previous];
          for (const version of barred) expect(used).not.toContain(version);
        }
      }),
    );
  });

  it('has a champion whenever there is a challenger, and their shares sum to 1', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { state } of play(tried).entries) {
          if (!state.challenger) continue;
          expect(state.champion).not.toBeNull();
          expect(state.challenger.version).not.toBe(state.champion);
          expect(state.challenger.weight).toBeGreaterThan(0);
          expect(state.challenger.weight).toBeLessThan(1);
          expect(state.challenger.weight).toBe(state.challenger.steps[state.challenger.step]);
        }
      }),
    );
  });

  it('lands every rollback on a version that once held all the traffic', () => {
    let rollbacks = 0;
    fc.assert(
      fc.property(histories, (tried) => {
        const champions = new Set<number>();
        for (const { kind, state, version } of play(tried).entries) {
          if (kind === 'rolled-back' || kind === 'canary-aborted') {
            rollbacks++;
            expect(champions).toContain(state.champion);
            expect(version).toBe(state.champion);
          }
          if (state.champion !== null) champions.add(state.champion);
        }
      }),
      { numRuns: 300 },
    );
    expect(rollbacks).toBeGreaterThan(50);
  });

  it('releases only what was approved, and lists a version once at most', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { kind, version, state } of play(tried).entries) {
          if (kind === 'released' || kind === 'canary-started' || kind === 'shadow-started')
            expect(state.approved).toContain(version);
          for (const list of [state.previous, state.approved, state.rejected])
            expect(new Set(list).size).toBe(list.length);
          expect(state.previous).not.toContain(state.champion);
        }
      }),
    );
  });

  it('leaves the state untouched when it refuses, and says what it received', () => {
    fc.assert(
      fc.property(histories, commands, (tried, command) => {
        const { state } = play(tried);
        const before = structuredClone(state);
        try {
          decide(state, command, context);
        } catch (error) {
          expect(error).toBeInstanceOf(ReleaseRefusedError);
          expect((error as Error).message).toMatch(/^[a-z]/);
        }
        expect(state).toEqual(before);
      }),
    );
  });
});

describe('decide', () => {
  it('keeps approval apart from release', () => {
    const { state } = play([{ type: 'register', version: 1, reason: r }]);
    expect(() => decide(state, { type: 'release', version: 1, reason: r }, context)).toThrow(
      'version 1 is not approved; approved: none',
    );
  });

  it('walks a canary through its steps to the promotion', () => {
    const { entries, state } = play([
      ...registered(2),
      { type: 'release', version: 1, reason: r },
      { type: 'start-canary', version: 2, steps: [0.1, 0.5, 1], reason: r },
      { type: 'advance', reason: r },
      { type: 'advance', reason: r },
    ]);
    expect(entries.slice(-3).map((e) => [e.kind, e.state.challenger?.weight ?? null])).toEqual([
      ['canary-started', 0.1],
      ['canary-advanced', 0.5],
      ['promoted', null],
    ]);
    expect(state).toMatchObject({ champion: 2, previous: [1], challenger: null });
  });

  it('takes a canary back and bars it in one entry', () => {
    const { entries, state } = play([
      ...registered(2),
      { type: 'release', version: 1, reason: r },
      { type: 'start-canary', version: 2, steps: [0.1, 1], reason: r },
      { type: 'abort-canary', quarantine: true, reason: 'wrong too often' },
    ]);
    expect(entries.at(-1)).toMatchObject({ kind: 'canary-aborted', version: 1 });
    expect(state).toMatchObject({
      champion: 1,
      challenger: null,
      quarantined: [{ version: 2, reason: 'wrong too often' }],
      awaiting: { target: 1 },
    });
    expect(() => decide(state, { type: 'release', version: 2, reason: r }, context)).toThrow(
      'version 2 is quarantined (wrong too often): lift that first',
    );
  });

  it('rolls back past a champion that is quarantined by now', () => {
    const { state } = play([
      ...registered(3),
      { type: 'release', version: 1, reason: r },
      { type: 'release', version: 2, reason: r },
      { type: 'release', version: 3, reason: r },
      { type: 'quarantine', version: 2, reason: r },
      { type: 'roll-back', quarantine: true, reason: r },
    ]);
    expect(state.champion).toBe(1);
  });

  it('refuses a rollback with nowhere to go', () => {
    const { state } = play([...registered(1), { type: 'release', version: 1, reason: r }]);
    expect(() => decide(state, { type: 'roll-back', quarantine: true, reason: r }, context)).toThrow(
      'version 1 has no former champion to go back to',
    );
  });

  it('starts from nothing with version 1 only', () => {
    expect(() => decide(EMPTY_STATE, { type: 'register', version: 2, reason: r }, context)).toThrow(
      'the next version is 1, received 2',
    );
  });
});
