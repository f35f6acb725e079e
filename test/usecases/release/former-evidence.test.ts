import { beforeEach, describe, expect, it } from 'vitest';
import { formatEntry } from '../../../cli/output/release.ts';
import type { Command } from '../../../core/registry/commands.ts';
import type { Entry } from '../../../core/registry/ledger.ts';
import type { Variant } from '../../../core/serving/variant.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { describeStatus } from '../../../usecases/release/describe-status.ts';
import { ReleaseFixture } from './release-fixture.ts';

const DAY = 86_400;

describe('a version that was taken back and is released again', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 0.5, 1], stepSeconds: 300 });
  });
  const apply = (command: Command): Promise<Entry> => fixture.apply(command);
  const look = async () =>
    (await advanceRollouts(fixture.home, fixture.home.clock.now(), fixture.following, { waitSeconds: 0 }))[0]!;
  const canary = (version = 2) => apply({ type: 'start-canary', version, steps: [0.25, 0.5, 1], reason: 'again' });
  const lift = () => apply({ type: 'lift-quarantine', version: 2, reason: 'mended' });
  const served = (turns: number, failure: number, variant: Variant = 'challenger') => {
    for (let i = 0; i < turns; i++) {
      fixture.seconds += 10;
      if (variant === 'challenger') fixture.serve(1, 'champion', 30);
      fixture.serve(2, variant, 10, { failure });
    }
    fixture.seconds += 10;
  };
  /** Failures of the suspect, as the judge counts them now. */
  const failures = async () => {
    const { models } = await describeStatus(fixture.home, fixture.registry, 'm');
    return models[0]!.judge!.verdicts[0]!.findings.find(({ metric }) => metric === 'failures');
  };
  /** A canary that fails is taken back. */
  const takenBack = async () => {
    await canary();
    served(4, 0.3);
    const { entry } = await look();
    expect(entry).toMatchObject({ kind: 'canary-aborted', evidence: { cause: 'model' } });
  };

  it('goes on with its evidence, which the release says, though a day has passed', async () => {
    await takenBack();
    fixture.seconds += DAY;
    await lift();
    const entry = await canary();
    expect(entry.reason).toBe(
      'again; version 2 was taken back on 2026-01-01 (entry 9), and its evidence goes on: failures 12 of 40',
    );
    expect(formatEntry(entry)).toContain('\n  again; version 2 was taken back on 2026-01-01 (entry 9), and');
    expect(entry.state.challengers[0]!.judged).toMatchObject({ entry: 12, former: [{ from: 8, to: 9 }] });
    expect(await failures()).toMatchObject({ finding: 'worse', suspect: { n: 40, bad: 12 }, reference: { n: 120 } });
    served(3, 0);
    expect(await failures()).toMatchObject({ suspect: { n: 70, bad: 12 } });
    expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
  });

  it('goes on with what the ledger says of it, when metrics are gone', async () => {
    await takenBack();
    fixture.seconds += 40 * DAY;
    await lift();
    await canary();
    // What is written anew lets the local home forget what is old.
    served(3, 0);
    expect(await failures()).toMatchObject({ suspect: { n: 70, bad: 12 }, reference: { n: 210 } });
  });

  it('counts nothing of the time between, when another version was tried', async () => {
    await takenBack();
    served(0, 0);
    await canary(3);
    for (let i = 0; i < 6; i++) {
      fixture.seconds += 10;
      fixture.serve(1, 'champion', 1_000);
      fixture.serve(3, 'challenger', 1_000);
    }
    await apply({ type: 'abort-canary', quarantine: false, reason: 'r' });
    await lift();
    await canary();
    expect(await failures()).toMatchObject({ suspect: { n: 40, bad: 12 }, reference: { n: 120, bad: 0 } });
  });

  it('is judged by the rules of its first release', async () => {
    await takenBack();
    await lift();
    const first = (await fixture.registry.history('m'))[7]!.state.challengers[0]!.judged!.rules;
    const record = (await fixture.home.ledger.version('m', 2))!;
    expect(record.manifest.monitoring.maxLatencyMs).toBe(500);
    const again = await canary();
    expect(again.state.challengers[0]!.judged!.rules).toEqual(first);
  });

  it('as the guard of an A/B test, too', async () => {
    await takenBack();
    await look();
    await lift();
    const hypothesis = {
      metric: 'PredictionError',
      better: 'lower' as const,
      rate: true,
      minEffect: 0.05,
      alpha: 0.05,
      power: 0.8,
    };
    const entry = await apply({ type: 'start-test', version: 2, weight: 0.3, hypothesis, reason: 'test' });
    expect(entry.reason).toContain('its evidence goes on: failures 12 of 40');
    expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
  });

  it('as a fresh champion, too: what it did as a canary, and as a champion before', async () => {
    await takenBack();
    await look();
    await lift();
    const entry = await apply({ type: 'release', version: 2, reason: 'at once' });
    expect(entry.reason).toContain('its evidence goes on: failures 12 of 40');
    expect(await failures()).toMatchObject({ finding: 'worse', suspect: { n: 40, bad: 12 } });
    expect((await look()).entry).toMatchObject({ kind: 'rolled-back', version: 1 });
    expect(await fixture.registry.state('m')).toMatchObject({
      champion: 1,
      former: [
        { version: 2, from: 8, to: 9 },
        { version: 2, from: 12, to: 13 },
      ],
    });
  });

  it('goes on as a canary with what it did as a champion', async () => {
    for (let i = 0; i < 30; i++) {
      fixture.seconds += 10;
      fixture.serve(1, 'champion', 10);
    }
    await apply({ type: 'release', version: 2, reason: 'r' });
    served(6, 0.5, 'champion');
    expect((await look()).entry).toMatchObject({ kind: 'rolled-back', evidence: { cause: 'model' } });
    await look();
    fixture.seconds += DAY;
    await lift();
    const entry = await canary();
    expect(entry.reason).toContain('its evidence goes on: failures 30 of 60');
    served(1, 0);
    expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
  });

  it('begins anew beside another champion', async () => {
    await takenBack();
    await look();
    await apply({ type: 'release', version: 3, reason: 'r' });
    await lift();
    await canary();
    fixture.seconds += 10;
    expect(await failures()).toMatchObject({ suspect: { n: 0 } });
  });
});
