import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseRefusedError } from '../../../core/registry/errors.ts';
import { EMPTY_STATE, Entry, type ReleaseState } from '../../../core/registry/ledger.ts';
import { shareOf } from '../../../core/registry/slices.ts';
import { commands, histories, play } from './arbitraries.ts';

const context = { model: 'm', at: '2026-01-01T00:00:00.000Z', actor: 'test' };
const r = 'because';
const registered = (n: number): Command[] =>
  Array.from({ length: n }, (_, i) => i + 1).flatMap((version): Command[] => [
    { type: 'register', version, reason: r },
    { type: 'approve', version, reason: r },
  ]);

const rolesOf = ({ champion, challengers, shadow }: ReleaseState): number[] =>
  [champion, ...challengers.map(({ version }) => version), shadow?.version].filter((v) => v != null);
const weightsOf = ({ challengers }: ReleaseState) => challengers.map(({ version, weight }) => [version, weight]);

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
          const used = [...rolesOf(state), ...state.previous];
          for (const version of barred) expect(used).not.toContain(version);
        }
      }),
    );
  });

  it('gives no version two roles: champion, challengers and shadow are all different', () => {
    let shadows = 0;
    let several = 0;
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { state } of play(tried).entries) {
          const roles = rolesOf(state);
          expect(new Set(roles).size).toBe(roles.length);
          if (state.shadow !== null) shadows++;
          if (state.challengers.length > 1) several++;
        }
      }),
      { numRuns: 500 },
    );
    expect(shadows).toBeGreaterThan(50);
    expect(several).toBeGreaterThan(50);
  });

  it('makes exactly one entry of an accepted command, and none of a refused one', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        const { entries, state, refused } = play(tried);
        expect(entries.length + refused).toBe(tried.length);
        expect(state.revision).toBe(entries.length);
      }),
    );
  });

  it('moves traffic only by an entry that says so, and approval alone never does', () => {
    const moves = new Set([
      'released',
      'canary-started',
      'canary-advanced',
      'promoted',
      'canary-aborted',
      'test-started',
      'test-ended',
      'rolled-back',
    ]);
    fc.assert(
      fc.property(histories, (tried) => {
        let before: ReleaseState = EMPTY_STATE;
        for (const { kind, state } of play(tried).entries) {
          const moved =
            state.champion !== before.champion ||
            JSON.stringify(weightsOf(state)) !== JSON.stringify(weightsOf(before));
          if (moved) expect(moves).toContain(kind);
          expect(state.since === before.since).toBe(!moves.has(kind));
          before = state;
        }
      }),
    );
  });

  it('changes nothing of a release when a subject is forgotten, and is about no version', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        let before: ReleaseState = EMPTY_STATE;
        for (const { kind, version, state } of play(tried).entries) {
          if (kind === 'subject-forgotten') {
            expect(version).toBeNull();
            expect(state).toEqual({ ...before, revision: before.revision + 1 });
          }
          before = state;
        }
      }),
    );
    expect(() => decide(EMPTY_STATE, { type: 'forget-subject', reason: r }, context)).toThrow(ReleaseRefusedError);
  });

  it('releases at once only where nobody is a challenger, and a promotion or rollback leaves none', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        let before: ReleaseState = EMPTY_STATE;
        for (const { kind, state } of play(tried).entries) {
          if (kind === 'released') expect(before.challengers).toEqual([]);
          if (['released', 'promoted', 'rolled-back'].includes(kind)) expect(state.challengers).toEqual([]);
          before = state;
        }
      }),
    );
  });

  it('bars a quarantined version from release until the quarantine is lifted, and a rejected one until approved', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 6 }), (tried, version) => {
        const { state } = play(tried);
        const steps = [0.5, 1];
        const ways: Command[] = [
          { type: 'release', version, reason: r },
          { type: 'start-canary', version, steps, reason: r },
          { type: 'start-shadow', version, reason: r },
        ];
        const barred = state.quarantined.some((q) => q.version === version) || !state.approved.includes(version);
        if (barred) for (const way of ways) expect(() => decide(state, way, context)).toThrow(ReleaseRefusedError);
      }),
    );
  });

  it('has a champion whenever there are challengers, and leaves it a share: the weights sum to less than 1', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { state } of play(tried).entries) {
          if (state.challengers.length === 0) {
            expect(state.salt).toBeNull();
            continue;
          }
          expect(state.champion).not.toBeNull();
          expect(state.salt).not.toBeNull();
          expect(state.challengers.map(({ version }) => version)).not.toContain(state.champion);
          for (const { weight, steps, step } of state.challengers) {
            expect(weight).toBeGreaterThan(0);
            expect(weight).toBe(steps[step]);
          }
          expect(state.challengers.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThan(1);
        }
      }),
    );
  });

  it('gives every challenger slices of its own, as large as its weight', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { state } of play(tried).entries) {
          for (const { slices, weight } of state.challengers) expect(shareOf(slices)).toBeCloseTo(weight, 9);
          const all = state.challengers.flatMap(({ slices }) => slices).sort(([a], [b]) => a - b);
          all.forEach(([from, to], i) => {
            expect(from).toBeGreaterThanOrEqual(i === 0 ? 0 : all[i - 1]![1]);
            expect(to).toBeGreaterThan(from);
            expect(to).toBeLessThanOrEqual(1);
          });
        }
      }),
    );
  });

  it('crowns only with all the traffic: no champion has ever begun with a part', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        let champion: number | null = null;
        for (const { state } of play(tried).entries) {
          if (state.champion !== champion && state.champion !== null) expect(state.challengers).toEqual([]);
          champion = state.champion;
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
      { numRuns: 600 },
    );
    expect(rollbacks).toBeGreaterThan(50);
  });

  it('releases only what was approved, and lists a version once at most', () => {
    fc.assert(
      fc.property(histories, (tried) => {
        for (const { kind, version, state } of play(tried).entries) {
          if (kind === 'released' || kind === 'canary-started' || kind === 'test-started' || kind === 'shadow-started')
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
    expect(entries.slice(-3).map((e) => [e.kind, e.state.challengers[0]?.weight ?? null])).toEqual([
      ['canary-started', 0.1],
      ['canary-advanced', 0.5],
      ['promoted', null],
    ]);
    expect(state).toMatchObject({ champion: 2, previous: [1], challengers: [] });
  });

  it('asks for retraining until another version has all the traffic, however many are registered', () => {
    const asked: Command[] = [
      ...registered(2),
      { type: 'release', version: 1, reason: r },
      { type: 'request-retraining', reason: r },
      { type: 'register', version: 3, reason: r },
    ];
    expect(play(asked).state.retraining).not.toBeNull();
    expect(play([...asked, { type: 'release', version: 2, reason: r }]).state.retraining).toBeNull();
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
      challengers: [],
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

  it('leaves no shadow on the version that a rollback lands on', () => {
    const { state } = play([
      ...registered(2),
      { type: 'release', version: 1, reason: r },
      { type: 'release', version: 2, reason: r },
      { type: 'start-shadow', version: 1, reason: r },
      { type: 'roll-back', quarantine: true, reason: r },
    ]);
    expect(state).toMatchObject({ champion: 1, shadow: null, previous: [], quarantined: [{ version: 2 }] });
  });

  it.each<[string, Command, string]>([
    [
      'a version that is not there',
      { type: 'approve', version: 9, reason: r },
      'there is no version 9; registered: 1 to 3',
    ],
    ['half a version', { type: 'approve', version: 1.5, reason: r }, 'there is no version 1.5; registered: 1 to 3'],
    [
      'a canary that would leave the champion nothing',
      { type: 'start-canary', version: 3, steps: [0.9, 1], reason: r },
      'a share of 0.9 leaves nothing for the champion: other challengers have 0.1',
    ],
    [
      'a second canary of the same version',
      { type: 'start-canary', version: 2, steps: [0.5, 1], reason: r },
      'version 2 is a challenger already: promote it or take it back first',
    ],
    [
      'promoting who is no challenger',
      { type: 'promote', version: 3, reason: r },
      'version 3 is no challenger; challengers: 2',
    ],
    [
      'a release beside a canary',
      { type: 'release', version: 3, reason: r },
      'version 2 is a canary with 0.1 of the traffic: promote it or take it back first',
    ],
    [
      'barring the champion',
      { type: 'quarantine', version: 1, reason: r },
      'version 1 is the champion: roll back or release another first',
    ],
    [
      'rejecting the challenger',
      { type: 'reject', version: 2, reason: r },
      'version 2 is a challenger: abort the canary first',
    ],
    [
      'lifting what is not barred',
      { type: 'lift-quarantine', version: 3, reason: r },
      'version 3 is not quarantined; quarantined: none',
    ],
    [
      'a rollback to a version that never led',
      { type: 'roll-back', to: 3, quarantine: false, reason: r },
      'a rollback goes to a former champion that is still good (none), received 3',
    ],
    [
      'seeing a rollback that was not made',
      { type: 'verify-rollback', target: 1, reason: r },
      'no rollback is waiting to be seen',
    ],
  ])('refuses %s, saying what is and what would fit', (_, command, message) => {
    const { state } = play([
      ...registered(3),
      { type: 'release', version: 1, reason: r },
      { type: 'start-canary', version: 2, steps: [0.1, 1], reason: r },
    ]);
    expect(() => decide(state, command, context)).toThrow(new ReleaseRefusedError(message));
  });

  it('starts from nothing with version 1 only', () => {
    expect(() => decide(EMPTY_STATE, { type: 'register', version: 2, reason: r }, context)).toThrow(
      'the next version is 1, received 2',
    );
  });
});
