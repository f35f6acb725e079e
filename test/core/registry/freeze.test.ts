import { describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseRefusedError } from '../../../core/registry/errors.ts';
import { FreezeTimeError, freezeAt, freezeEnd } from '../../../core/registry/freeze.ts';
import { EMPTY_STATE, type ReleaseState } from '../../../core/registry/ledger.ts';

const now = new Date('2026-01-31T12:00:00.000Z');

describe('freezeEnd', () => {
  it.each([
    ['2h', '2026-01-31T14:00:00.000Z'],
    ['90m', '2026-01-31T13:30:00.000Z'],
    ['30d', '2026-03-02T12:00:00.000Z'],
    ['2026-01-31T12:01Z', '2026-01-31T12:01:00.000Z'],
    ['2026-01-31T14:00:00+01:00', '2026-01-31T13:00:00.000Z'],
  ])('is %s from now or at an instant', (text, until) => {
    expect(freezeEnd(text, now)).toBe(until);
  });

  it.each([
    ['2026-01-31T12:00:00Z', 'it is past'],
    ['2025-01-31T12:00:00Z', 'it is past'],
    ['31d', 'it is too far'],
    ['2026-03-02T12:00:01Z', 'it is too far'],
    ['2026-02-30T10:00Z', 'it is neither a duration nor an instant'],
    ['tomorrow', 'it is neither a duration nor an instant'],
    ['2026-02-01', 'it is neither a duration nor an instant'],
    ['2026-02-01T12:00', 'it is neither a duration nor an instant'],
    ['2026-02-31T25:00Z', 'it is neither a duration nor an instant'],
    ['-2h', 'it is neither a duration nor an instant'],
    ['', 'it is neither a duration nor an instant'],
  ])('is not %s, and the error says what is allowed', (text, why) => {
    expect(() => freezeEnd(text, now)).toThrow(FreezeTimeError);
    expect(() => freezeEnd(text, now)).toThrow(
      `a freeze lasts for a duration such as 90m, 2h or 3d, or until an instant with its offset, after now (2026-01-31T12:00Z) and at most 30 days on (2026-03-02T12:00Z); received '${text}': ${why}`,
    );
  });
});

describe('a freeze', () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const apply = (state: ReleaseState, command: Command, minute: number): ReleaseState =>
    decide(state, command, { model: 'm', at: at(minute), actor: 'user:ada' }).state;
  const registered = apply(EMPTY_STATE, { type: 'register', version: 1, reason: 'r' }, 0);
  const freeze = (until: string): Command => ({ type: 'freeze', until, reason: 'incident' });

  it('says who, why and until when, and leaves the traffic as it is', () => {
    const entry = decide(registered, freeze(at(60)), { model: 'm', at: at(1), actor: 'user:ada' });
    expect(entry).toMatchObject({ kind: 'frozen', version: null, reason: 'incident' });
    expect(entry.state).toEqual({
      ...registered,
      revision: 2,
      frozen: { entry: 2, at: at(1), until: at(60), by: 'user:ada', reason: 'incident' },
    });
  });

  it('ends by itself at its time, whatever is written later', () => {
    const state = apply(registered, freeze(at(60)), 1);
    expect(freezeAt(state.frozen, new Date(at(59)))).toBeDefined();
    expect(freezeAt(state.frozen, new Date(at(60)))).toBeUndefined();
    expect(apply(state, { type: 'approve', version: 1, reason: 'r' }, 59).frozen).toEqual(state.frozen);
  });

  it('holds by the clock of who looks, where a clock was ahead before: entries are not before the last', () => {
    const ahead = apply(registered, { type: 'approve', version: 1, reason: 'r' }, 2 * 24 * 60);
    const { frozen } = apply(ahead, freeze(at(60)), 2 * 24 * 60);
    expect(freezeAt(frozen, new Date(at(59)))).toBeDefined();
  });

  it('is replaced by another, and ended before its time', () => {
    const state = apply(apply(registered, freeze(at(60)), 1), freeze(at(30)), 2);
    expect(state.frozen).toMatchObject({ entry: 3, until: at(30) });
    expect(apply(state, { type: 'unfreeze', reason: 'r' }, 3)).not.toHaveProperty('frozen');
    expect(() => apply(registered, { type: 'unfreeze', reason: 'r' }, 3)).toThrow('automation is not frozen');
  });

  it('is refused before anything is registered, and for longer than a month', () => {
    expect(() => apply(EMPTY_STATE, freeze(at(60)), 1)).toThrow(ReleaseRefusedError);
    expect(() => apply(registered, freeze('2026-03-01T00:00:00.000Z'), 1)).toThrow(ReleaseRefusedError);
  });
});
