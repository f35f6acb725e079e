import { beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { rollBack } from '../../../usecases/release/roll-back.ts';
import { ReleaseFixture, rates, T0 } from './release-fixture.ts';

const HOUR = 3_600;
const instant = (seconds: number): string => new Date(T0 + seconds * 1_000).toISOString();

describe('automation that is held back', () => {
  let fixture: ReleaseFixture;
  const open = async (mode: 'act' | 'advise') => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 0.5, 1], stepSeconds: 300, mode });
  };
  beforeEach(() => open('act'));

  const apply = (command: Command) => fixture.apply(command);
  const look = async () => (await advanceRollouts(fixture.home, fixture.home.clock.now(), fixture.following))[0]!;
  const canary = (version = 2) => apply({ type: 'start-canary', version, steps: [0.25, 0.5, 1], reason: 'r' });
  const freeze = (seconds: number) => apply({ type: 'freeze', until: instant(seconds), reason: 'an incident' });
  const served = async (turns: number, challenger: object, version = 2) => {
    for (let i = 0; i < turns; i++) {
      fixture.seconds += 10;
      fixture.serve(1, 'champion', 30);
      fixture.serve(version, 'challenger', 30, challenger);
    }
    fixture.seconds += 10;
  };

  describe('by a freeze', () => {
    it('takes nothing back, says once what it would do, and does it when the freeze has ended', async () => {
      await canary();
      await freeze(2 * HOUR);
      await served(30, { failure: 0.5 });
      const { entry } = await look();
      expect(entry).toMatchObject({
        kind: 'action-withheld',
        version: 2,
        evidence: {
          cause: 'model',
          action: 'take-back',
          withheld: { would: 'take version 2 back', because: 'frozen' },
        },
      });
      expect(entry!.reason).toMatch(
        /^would take version 2 back, but test has frozen automation until 2026-01-01T14:00Z \(an incident\): version 2 is worse/,
      );
      const before = await fixture.kinds();
      for (let i = 0; i < 5; i++) {
        fixture.seconds += 60;
        await look();
      }
      expect(await fixture.kinds()).toEqual(before);
      expect((await fixture.registry.state('m')).challengers).toHaveLength(1);
      fixture.seconds = 2 * HOUR;
      expect((await look()).entry).toMatchObject({ kind: 'canary-aborted', evidence: { cause: 'model' } });
    });

    it('takes no step, and what it is asked about besides is said all the same', async () => {
      await canary(2);
      await canary(3);
      await freeze(30 * HOUR);
      await served(80, {});
      expect((await look()).entry).toMatchObject({
        kind: 'action-withheld',
        version: 2,
        evidence: { withheld: { would: 'give version 2 50 %' } },
      });
      fixture.seconds = 86_700;
      expect((await look()).entry).toMatchObject({ kind: 'canary-waits', version: 3 });
      fixture.seconds = 86_760;
      expect((await look()).entry).toBeUndefined();
    });

    it('counts from when it first holds something back, where the clock of who froze was ahead', async () => {
      const away = 100 * 24 * HOUR;
      await canary();
      fixture.seconds += away;
      await freeze(away + 2 * HOUR);
      fixture.seconds -= away;
      await served(30, { failure: 0.5 });
      const { entry } = await look();
      const from = fixture.seconds;
      expect(entry).toMatchObject({
        kind: 'frozen',
        state: { frozen: { at: instant(from), until: instant(from + 2 * HOUR) } },
      });
      expect(entry!.reason).toBe(
        'an incident (frozen by test, by a clock that was 2400 hours ahead: it counts from now on)',
      );
      fixture.seconds += 60;
      expect((await look()).entry).toMatchObject({ kind: 'action-withheld' });
      fixture.seconds += 60;
      expect((await look()).entry).toBeUndefined();
      fixture.seconds = from + 2 * HOUR;
      expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
    });

    it('lets an alarm wake the judge, and does nothing', async () => {
      await freeze(2 * HOUR);
      await canary();
      await served(30, { failure: 0.5 });
      const alarm = { alarm: 'trimtab.local.m.challenger.Failure', model: 'm', at: instant(fixture.seconds) };
      const transition = { ...alarm, state: 'ALARM', previous: 'OK', reason: 'r' } as unknown as Parameters<
        typeof rollBack
      >[2];
      const entry = await rollBack(fixture.home, fixture.following, transition);
      expect(entry).toMatchObject({ kind: 'action-withheld', cause: { alarm: alarm.alarm, at: alarm.at } });
      expect(await rollBack(fixture.home, fixture.following, transition)).toEqual(entry);
      expect((await fixture.registry.state('m')).challengers).toHaveLength(1);
    });

    it('leaves a person’s own commands as they are, and says it anew of another release', async () => {
      await canary();
      await freeze(2 * HOUR);
      await served(30, { failure: 0.5 });
      await look();
      await apply({ type: 'abort-canary', quarantine: false, reason: 'by hand' });
      fixture.seconds += 10;
      expect((await look()).entry).toMatchObject({ kind: 'rollback-verified' });
      await canary();
      await served(30, { failure: 0.5 });
      expect((await look()).entry).toMatchObject({ kind: 'action-withheld' });
      await apply({ type: 'promote', version: 2, reason: 'by hand' });
      await apply({ type: 'roll-back', quarantine: true, reason: 'by hand' });
      expect(await fixture.registry.state('m')).toMatchObject({ champion: 1, frozen: { reason: 'an incident' } });
    });

    it('starts no canary of a shadow that agrees', async () => {
      await apply({ type: 'start-shadow', version: 2, canary: [0.25, 1], reason: 'r' });
      await freeze(2 * HOUR);
      fixture.seconds += 10;
      for (let i = 0; i < 4; i++)
        fixture.write(2, 'shadow', { ShadowDisagreement: rates(100, 0), ShadowDifference: rates(100, 0) });
      fixture.seconds += 60;
      expect((await look()).entry).toMatchObject({
        kind: 'action-withheld',
        evidence: { samples: 400, withheld: { would: 'start the canary of version 2' } },
      });
      expect((await look()).entry).toBeUndefined();
      await apply({ type: 'unfreeze', reason: 'over' });
      expect((await look()).entry).toMatchObject({ kind: 'canary-started' });
    });
  });

  it('takes back a question that evidence has answered, though it takes no step', async () => {
    await canary();
    await freeze(30 * HOUR);
    fixture.seconds = 87_000;
    expect((await look()).entry).toMatchObject({ kind: 'canary-waits' });
    await served(80, {});
    const { entry } = await look();
    expect(entry!.reason).toContain('evidence has answered what a person was asked at 2026-01-02T12:10Z');
    expect(entry!.state.challengers[0]).not.toHaveProperty('waiting');
  });

  describe('by its manifest, which says advise', () => {
    beforeEach(() => open('advise'));

    it('says what it would do, and does nothing', async () => {
      await canary();
      await served(30, { failure: 0.5 });
      const { entry } = await look();
      expect(entry).toMatchObject({ kind: 'action-withheld', evidence: { withheld: { because: 'advise' } } });
      expect(entry!.reason).toMatch(/^would take version 2 back, but rollout.mode of version 2 is advise: /);
      expect((await look()).entry).toBeUndefined();
      fixture.seconds += 86_500;
      expect((await look()).entry).toMatchObject({ kind: 'action-withheld' });
      expect((await fixture.registry.state('m')).challengers).toHaveLength(1);
    });
  });
});
