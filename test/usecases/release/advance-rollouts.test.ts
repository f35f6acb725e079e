import { utimesSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Hypothesis } from '../../../core/experiment/hypothesis.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { ReleaseFixture, rates } from './release-fixture.ts';

const hypothesis: Hypothesis = {
  metric: 'PredictionError',
  better: 'lower',
  rate: true,
  minEffect: 0.05,
  alpha: 0.05,
  power: 0.8,
};

describe('advanceRollouts', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 0.5, 1], stepSeconds: 300 });
  });

  const apply = (command: Command) => fixture.apply(command);
  const look = async () => (await advanceRollouts(fixture.home, fixture.home.clock.now()))[0]!;
  const canary = (version = 2) => apply({ type: 'start-canary', version, steps: [0.25, 0.5, 1], reason: 'r' });

  /** Both answer for some ten seconds each. */
  const served = async (turns: number, champion: object, challenger: object, n = 30) => {
    for (let i = 0; i < turns; i++) {
      fixture.seconds += 10;
      fixture.serve(1, 'champion', n, champion);
      fixture.serve(2, 'challenger', n, challenger);
    }
    fixture.seconds += 10;
  };

  describe('a canary', () => {
    it('goes on step by step, with what was seen of both in the ledger', async () => {
      await canary();
      for (const kind of ['canary-advanced', 'promoted']) {
        await served(80, {}, {});
        const { entry } = await look();
        expect(entry).toMatchObject({
          kind,
          version: 2,
          evidence: { action: 'advance', cause: null, findings: [{ finding: 'within-margin' }, {}] },
        });
        expect(entry!.reason).toContain('failures: 0 % of');
      }
    });

    it('waits for the step to hold, and for what is not clear yet', async () => {
      await canary();
      fixture.seconds = 299;
      expect((await look()).waiting).toBe('the step has held 299 of 300 s');
      fixture.seconds = 300;
      await served(2, {}, {}, 5);
      const before = await fixture.kinds();
      expect((await look()).waiting).toContain('failures: 0 % of 10 against 0 % of 10: not clear yet');
      expect(await fixture.kinds()).toEqual(before);
    });

    it('that a clock two days ahead started holds each step from when the release was kept', async () => {
      /** The store's clock is right. */
      const kept = async (): Promise<void> => {
        const { revision } = await fixture.registry.state('m');
        const file = path.join(fixture.home.folder, 'artifacts/releases/m', `${999_999_999 - revision}.json`);
        const now = fixture.home.clock.now();
        utimesSync(file, now, now);
      };
      fixture.seconds = 2 * 86_400;
      await canary();
      fixture.seconds = 0;
      await kept();
      await served(28, {}, {});
      expect((await look()).waiting).toBe('the step has held 290 of 300 s');
      await served(50, {}, {});
      expect((await look()).entry).toMatchObject({ kind: 'canary-advanced' });
      await kept();
      expect((await look()).waiting).toBe('the step has held 0 of 300 s');
      await served(80, {}, {});
      expect((await look()).entry).toMatchObject({ kind: 'promoted' });
    });

    it('asks a person once when its patience ends, and goes on when it is clear', async () => {
      await canary();
      fixture.seconds = 87_000;
      expect((await look()).entry).toMatchObject({
        kind: 'canary-waits',
        version: 2,
        evidence: { action: 'ask-person', cause: 'unclear' },
      });
      fixture.seconds += 60;
      expect((await look()).entry).toBeUndefined();
      await served(80, {}, {});
      expect((await look()).entry).toMatchObject({ kind: 'canary-advanced' });
      expect((await fixture.registry.state('m')).challengers[0]!.waiting).toBeUndefined();
    });

    it('asks about each of two that wait, and about each once', async () => {
      await canary(2);
      await canary(3);
      fixture.seconds = 87_000;
      expect((await look()).entry).toMatchObject({ kind: 'canary-waits', version: 2 });
      fixture.seconds += 60;
      expect((await look()).entry).toMatchObject({ kind: 'canary-waits', version: 3 });
      fixture.seconds += 60;
      expect((await look()).entry).toBeUndefined();
    });

    it('takes no step without truth once the model has had some', async () => {
      await fixture.truths(1, 200, 0.2);
      fixture.seconds = 10;
      await canary();
      await served(80, {}, {});
      expect((await look()).waiting).toBe('no truth of its predictions is known yet');
      await fixture.truths(1, 2_000, 0.2);
      await fixture.truths(2, 2_000, 0.2);
      expect((await look()).entry).toMatchObject({ kind: 'canary-advanced' });
    });

    it('says how many of its truths are one caller’s repeated rows, which outvote nobody', async () => {
      await canary();
      await served(80, {}, {});
      fixture.repeated = 4_000;
      await fixture.truths(1, 300, 0.2);
      await fixture.truths(2, 100, 0.2);
      expect((await look()).waiting).toMatch(
        /; 4,000 of 4,100 truths of version 2 are of a caller’s repeated rows, which count once$/,
      );
      fixture.repeated = 5;
      await fixture.truths(2, 1, 0);
      expect((await look()).waiting).not.toContain('repeated');
    });

    it.each([
      ['fails', { failure: 0.08 }],
      ['takes longer than the alarm lets pass', { latency: 600 }],
      ['takes longer than the champion did', { latency: 60 }],
    ])('ends, and is barred, when it %s', async (_, worse) => {
      fixture.seconds = 30;
      for (let i = 0; i < 60; i++) {
        fixture.serve(1, 'champion', 25);
        fixture.seconds += 10;
      }
      await canary();
      await served(24, {}, worse);
      expect((await look()).entry).toMatchObject({ kind: 'canary-aborted', version: 1, evidence: { cause: 'model' } });
      expect((await fixture.registry.state('m')).quarantined).toMatchObject([{ version: 2 }]);
    });

    it('ends, and is barred, when its decisions are wrong more often', async () => {
      await canary();
      fixture.seconds = 60;
      await fixture.truths(1, 600, 0.2);
      await fixture.truths(2, 200, 0.5);
      const { entry } = await look();
      expect(entry).toMatchObject({ kind: 'canary-aborted', version: 1 });
      expect(entry!.reason).toContain('missed: 50 % of 100 against 20 % of 300: worse');
    });

    it('of two, each is judged by its own, and what is worse goes first', async () => {
      await canary(2);
      await canary(3);
      for (let i = 0; i < 80; i++) {
        fixture.serve(3, 'challenger', 30, { failure: 0.5 });
        await served(1, {}, {});
      }
      expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
      const { challengers, quarantined } = await fixture.registry.state('m');
      expect(challengers.map(({ version }) => version)).toEqual([2]);
      expect(quarantined).toMatchObject([{ version: 3 }]);
    });
  });

  describe('a shadow whose canary waits for it', () => {
    const shadow = () => apply({ type: 'start-shadow', version: 2, canary: [0.25, 1], reason: 'r' });
    const compared = (n: number, share: number) => {
      fixture.seconds += 10;
      for (let i = 0; i < n; i += 100) {
        const some = Math.min(100, n - i);
        fixture.write(2, 'shadow', { ShadowDisagreement: rates(some, share), ShadowDifference: Array(some).fill(0.2) });
      }
    };

    it('lets it begin once enough answers agree, with what was seen', async () => {
      await shadow();
      compared(20, 0.05);
      expect((await look()).waiting).toContain('not clear yet: disagrees in 5.0 % of 20 answers');
      compared(380, 0.03);
      fixture.seconds += 60;
      const { entry } = await look();
      expect(entry).toMatchObject({ kind: 'canary-started', version: 2, evidence: { samples: 400, largest: 0.2 } });
      expect(await fixture.registry.state('m')).toMatchObject({
        shadow: null,
        challengers: [{ version: 2, weight: 0.25 }],
      });
    });

    it('waits while that is not clear, and stops when they surely disagree', async () => {
      await shadow();
      compared(200, 0.1);
      fixture.seconds += 60;
      expect((await look()).waiting).toContain('not clear yet: disagrees in 10.0 % of 200 answers');
      compared(400, 0.3);
      fixture.seconds += 60;
      expect((await look()).entry).toMatchObject({ kind: 'shadow-stopped', version: 2 });
      expect(await fixture.registry.state('m')).toMatchObject({ shadow: null, challengers: [], quarantined: [] });
    });
  });

  describe('an A/B test', () => {
    const start = (own: Partial<Hypothesis> = {}) =>
      apply({ type: 'start-test', version: 2, weight: 0.5, hypothesis: { ...hypothesis, ...own }, reason: 'r' });
    const minutes = async (count: number, wrong: number) => {
      for (let i = 0; i < 6 * count; i++) {
        fixture.seconds += 10;
        fixture.serve(1, 'champion', 40, { wrong: 0.3 });
        fixture.serve(2, 'challenger', 40, { wrong });
        if (i % 6 !== 5) continue;
        const { entry } = await look();
        if (entry) return entry;
      }
      return undefined;
    };

    it('keeps its share, is decided for the better, and promotes the winner with the evidence', async () => {
      await start();
      const entry = await minutes(30, 0.2);
      expect(entry).toMatchObject({
        kind: 'promoted',
        version: 2,
        evidence: { outcome: 'better', hypothesis: { metric: 'PredictionError' } },
      });
      expect(entry!.reason).toContain('the challenger is better');
      expect(await fixture.registry.state('m')).toMatchObject({ champion: 2, previous: [1], challengers: [] });
    });

    it('ends without a winner when it is worse, and bars nobody', async () => {
      await start();
      expect(await minutes(30, 0.45)).toMatchObject({ kind: 'test-ended', evidence: { outcome: 'worse' } });
      expect(await fixture.registry.state('m')).toMatchObject({ champion: 1, challengers: [], quarantined: [] });
    });

    it('ends when nothing that matters can be left to find', async () => {
      await start();
      const entry = await minutes(40, 0.3);
      expect(entry).toMatchObject({ kind: 'test-ended' });
      expect(['no-difference', 'inconclusive']).toContain((entry!.evidence as { outcome: string }).outcome);
    });

    it('is not ended by the last step of a canary beside it', async () => {
      await start();
      await canary(3);
      await apply({ type: 'advance', version: 3, reason: 'r' }).catch(() => undefined);
      fixture.seconds = 290;
      // Too early to say anything of the test; the canary cannot have half beside it.
      expect((await look()).waiting).toContain('version 3: the step has held');
    });
  });
});
