import { describe, expect, it } from 'vitest';
import { championAt, stateAt } from '../../../core/registry/history.ts';
import { EMPTY_STATE } from '../../../core/registry/ledger.ts';
import { play } from './arbitraries.ts';

const { entries } = play([
  { type: 'register', version: 1, reason: 'r' },
  { type: 'approve', version: 1, reason: 'r' },
  { type: 'release', version: 1, reason: 'r' },
  { type: 'register', version: 2, reason: 'r' },
  { type: 'approve', version: 2, reason: 'r' },
  { type: 'release', version: 2, reason: 'r' },
]);

describe('history', () => {
  it.each([
    ['2025-12-31T23:59:59Z', null],
    ['2026-01-01T00:00:01.999Z', null],
    ['2026-01-01T00:00:02Z', 1],
    ['2026-01-01T00:00:04Z', 1],
    ['2026-01-01T00:00:05.000Z', 2],
    ['2030-01-01T00:00:00Z', 2],
  ])('knows who was champion at %s: %s', (at, champion) => {
    expect(championAt(entries, at)).toBe(champion);
  });

  it('gives the empty state before anything happened', () => {
    expect(stateAt(entries, '2000-01-01T00:00:00Z')).toEqual(EMPTY_STATE);
  });
});
