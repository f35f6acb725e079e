import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { EMPTY_STATE, type ReleaseState } from '../../../core/registry/ledger.ts';
import { championShare, loadedRoutes, route, type Traffic } from '../../../core/serving/route.ts';
import { histories, play } from '../registry/arbitraries.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const canary = (weight: number, version = 2): Traffic => ({
  champion: 1,
  challengers: [{ version, weight, steps: [weight, 1], step: 0, since: SINCE, slices: [[0, weight]] }],
  salt: version,
  shadow: null,
});
const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('route', () => {
  it('sends everything to the champion while there is no challenger', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(
          route('m', { champion: 4, challengers: [], salt: null, shadow: { version: 5, since: SINCE } }, key),
        ).toEqual({
          variant: 'champion',
          version: 4,
        });
      }),
    );
  });

  it('gives nobody when nothing is released', () => {
    expect(route('m', { champion: null, challengers: [], salt: null, shadow: null }, 'k')).toBeUndefined();
  });

  it('sticks: the same key always goes to the same variant', () => {
    fc.assert(
      fc.property(fc.string(), share, (key, weight) => {
        expect(route('m', canary(weight), key)).toEqual(route('m', canary(weight), key));
      }),
    );
  });

  it('never takes a key back from the challenger while its weight grows', () => {
    fc.assert(
      fc.property(fc.string(), share, share, (key, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        if (route('m', canary(low), key)!.variant === 'challenger')
          expect(route('m', canary(high), key)!.variant).toBe('challenger');
      }),
    );
  });

  it.each([0.01, 0.05, 0.25, 0.5, 0.9])('gives the challenger its share of %d, for near keys too', (weight) => {
    const keys = 40_000;
    let hits = 0;
    for (let i = 0; i < keys; i++) if (route('m', canary(weight), `user-${i}`)!.variant === 'challenger') hits++;
    // Five standard deviations of a binomial.
    expect(Math.abs(hits / keys - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / keys));
  });

  it('moves, when weights change, no key but those that the change is about', () => {
    let moves = 0;
    fc.assert(
      fc.property(histories, (tried) => {
        let before: ReleaseState = EMPTY_STATE;
        for (const { kind, state } of play(tried).entries) {
          const changes = ['canary-started', 'canary-advanced', 'canary-aborted'].includes(kind);
          if (changes && before.salt === state.salt)
            for (let i = 0; i < 200; i++) {
              const was = route('m', before, `user-${i}`)!;
              const is = route('m', state, `user-${i}`)!;
              if (was.version === is.version) continue;
              moves++;
              // From the champion to who grew, or from who was taken back to the champion: nothing else.
              const weight = (of: ReleaseState, version: number) =>
                of.challengers.find((each) => each.version === version)?.weight ?? 0;
              if (was.variant === 'champion')
                expect(weight(state, is.version)).toBeGreaterThan(weight(before, is.version));
              else {
                expect(is.variant).toBe('champion');
                expect(weight(state, was.version)).toBe(0);
              }
            }
          before = state;
        }
      }),
      { numRuns: 300 },
    );
    // How many there are is chance; that there were some makes this a test.
    expect(moves).toBeGreaterThan(0);
  });

  it.each([
    [0.1, 0.2, 0.3],
    [0.3, 0.3, 0.39],
    [0.05, 0.5, 0.25],
  ])('gives three challengers their shares of %d, %d and %d', (...weights) => {
    const commands = [1, 2, 3, 4].flatMap((version): Command[] => [
      { type: 'register', version, reason: 'r' },
      { type: 'approve', version, reason: 'r' },
    ]);
    const { state } = play([
      ...commands,
      { type: 'release', version: 1, reason: 'r' },
      ...weights.map((w, i): Command => ({ type: 'start-canary', version: i + 2, steps: [w, 1], reason: 'r' })),
    ]);
    const keys = 20_000;
    const hits = new Map<number, number>();
    for (let i = 0; i < keys; i++) {
      const { version } = route('m', state, `user-${i}`)!;
      hits.set(version, (hits.get(version) ?? 0) + 1);
    }
    for (const { version, weight } of [...state.challengers, { version: 1, weight: championShare(state.challengers) }])
      expect(Math.abs(hits.get(version)! / keys - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / keys));
  });

  it('lets other callers try the next challenger', () => {
    const of = (version: number) =>
      new Set(
        Array.from({ length: 2_000 }, (_, i) => `user-${i}`).filter(
          (key) => route('m', canary(0.1, version), key)!.version === version,
        ),
      );
    const both = [...of(2)].filter((key) => of(3).has(key)).length;
    expect(both).toBeLessThan(60);
  });
});

describe('residentRoutes', () => {
  it('names everything that has traffic, champion first', () => {
    expect(loadedRoutes({ ...canary(0.1), shadow: { version: 3, since: SINCE } })).toEqual([
      { variant: 'champion', version: 1 },
      { variant: 'challenger', version: 2 },
      { variant: 'shadow', version: 3 },
    ]);
  });
});
