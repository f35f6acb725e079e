import { Command as Program } from 'commander';
import { describe, expect, it } from 'vitest';
import { addReleaseOptions, type ReleaseOptions, releaseCommand } from '../../../cli/commands/release-options.ts';
import { formatNextSteps, nextSteps, versionSteps } from '../../../cli/output/next-steps.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { EMPTY_STATE, type Entry, type ReleaseState } from '../../../core/registry/ledger.ts';

const apply = (state: ReleaseState, command: Command): Entry =>
  decide(state, command, { model: 'm', at: '2026-01-01T00:00:00.000Z', actor: 'user:ada' });

/** What a printed command does, by the parser of the program's own options. */
function commandOf(text: string): Command {
  const words = [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const [program, name, model, number, ...rest] = words;
  expect([program, model]).toEqual(['trimtab', 'm']);
  const version = Number(number);
  const reason = rest[rest.indexOf('--reason') + 1] ?? 'r';
  if (name === 'lift') return { type: 'lift-quarantine', version, reason };
  if (name === 'approve') return { type: 'approve', version, reason };
  if (name === 'unshadow') return { type: 'stop-shadow', reason };
  expect(name).toBe('release');
  const parsed = addReleaseOptions(new Program().exitOverride()).parse(rest, { from: 'user' });
  return releaseCommand(version, parsed.opts<ReleaseOptions>(), undefined);
}

const traffic = ({ champion, challengers, shadow, rejected }: ReleaseState) => ({
  champion,
  challengers: challengers.map(({ version, weight, steps, step, test }) => ({
    ...{ version, weight, test, left: steps.slice(step) },
  })),
  shadow: shadow?.version,
  rejected,
});

/** Takes a command back by what is printed of its entry: who has which traffic is what it was. */
function expectUndone(before: ReleaseState, command: Command): string {
  const entry = apply(before, command);
  const steps = nextSteps(entry, before);
  const after = steps.undo.reduce((state, text) => apply(state, commandOf(text)).state, entry.state);
  expect(traffic(after)).toEqual(traffic(before));
  return formatNextSteps(steps).join('\n');
}

const approved = [1, 2, 3].reduce(
  (state, version) =>
    apply(apply(state, { type: 'register', version, reason: 'r' }).state, { type: 'approve', version, reason: 'r' })
      .state,
  EMPTY_STATE,
);
const one = apply(approved, { type: 'release', version: 1, reason: 'r' }).state;
const two = apply(one, { type: 'release', version: 2, reason: 'r' }).state;
const canary = apply(apply(two, { type: 'start-canary', version: 3, steps: [0.1, 0.5, 1], reason: 'r' }).state, {
  type: 'advance',
  reason: 'r',
}).state;
const test = apply(two, {
  type: 'start-test',
  version: 3,
  weight: 0.3,
  hypothesis: { metric: 'Latency', better: 'lower', rate: false, minEffect: 5, alpha: 0.01, power: 0.9 },
  reason: 'r',
}).state;

describe('what is printed behind an entry', () => {
  it.each([true, false])('undoes a rollback, with quarantine: %s', (quarantine) => {
    const back: Command = { type: 'roll-back', quarantine, reason: 'r' };
    const abort: Command = { type: 'abort-canary', quarantine, reason: 'r' };
    const texts = [
      expectUndone(two, back),
      expectUndone(canary, abort),
      expectUndone(test, abort),
      // The champion and who shared its traffic.
      expectUndone(canary, { ...back, to: 1 }),
    ];
    for (const text of texts) expect(text.includes('is quarantined: it cannot be released')).toBe(quarantine);
  });

  it('undoes what bars a version, and a shadow', () => {
    expectUndone(two, { type: 'reject', version: 3, reason: 'r' });
    expectUndone(two, { type: 'start-shadow', version: 3, reason: 'r' });
    expect(expectUndone(two, { type: 'quarantine', version: 3, reason: 'r' })).toBe(
      [
        '  version 3 is quarantined: it cannot be released until that is lifted',
        "  undo  trimtab lift m 3 --reason 'undoes entry 9'",
      ].join('\n'),
    );
  });

  it('says what comes next, in the home that was named', () => {
    const entry = apply(one, { type: 'release', version: 2, reason: 'r' });
    expect(nextSteps(entry, one, "a folder's")).toEqual({
      notes: [],
      next: [`trimtab status m --home 'a folder'\\''s'`],
      undo: [`trimtab rollback m --to 1 --home 'a folder'\\''s'`],
    });
    const first = apply(EMPTY_STATE, { type: 'register', version: 1, reason: 'r' }).state;
    expect(nextSteps(apply(first, { type: 'approve', version: 1, reason: 'r' }), first).next).toEqual([
      'trimtab release m 1',
    ]);
  });

  it('says what comes next of a version, whatever was done with it before', () => {
    const registered = apply(EMPTY_STATE, { type: 'register', version: 1, reason: 'r' });
    const next = (version: number, state: ReleaseState) => versionSteps({ model: 'm', version }, state).next;
    expect(nextSteps(registered, EMPTY_STATE).next).toEqual(['trimtab approve m 1']);
    expect(next(1, registered.state)).toEqual(['trimtab approve m 1']);
    expect([1, 2].map((version) => next(version, one)[0])).toEqual([
      'trimtab status m',
      'trimtab release m 2 --canary',
    ]);
    const barred = apply(one, { type: 'quarantine', version: 2, reason: 'r' }).state;
    expect(next(2, barred)).toEqual(['trimtab lift m 2 --reason TEXT']);
  });
});
