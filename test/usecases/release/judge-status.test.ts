import { beforeEach, describe, expect, it } from 'vitest';
import { formatStatus } from '../../../cli/output/status.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { type ReplayTally, replayKey } from '../../../core/replay/replay-tally.ts';
import { describeStatus } from '../../../usecases/release/describe-status.ts';
import { StatusView } from '../../../usecases/release/status-view.ts';
import { ReleaseFixture, T0 } from './release-fixture.ts';

describe('what the judge finds, in the status', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 0.5, 1], stepSeconds: 300 });
  });
  const apply = (command: Command) => fixture.apply(command);
  const canary = () => apply({ type: 'start-canary', version: 2, steps: [0.25, 0.5, 1], reason: 'r' });
  const served = (turns: number, challenger: object) => {
    for (let i = 0; i < turns; i++) {
      fixture.seconds += 10;
      fixture.serve(1, 'champion', 30);
      fixture.serve(2, 'challenger', 30, challenger);
    }
    fixture.seconds += 10;
  };
  const status = async () => {
    const view = await describeStatus(fixture.home, fixture.registry, 'm');
    // What is printed as JSON is the view, whole.
    expect(StatusView.parse(JSON.parse(JSON.stringify(view)))).toEqual(view);
    const [model] = view.models;
    expect(model!.unread).toEqual([]);
    return { ...model!, text: formatStatus(view) };
  };

  it('is every interval against its margin, what is missing, and what it would do', async () => {
    await canary();
    served(40, {});
    const { judge, text } = await status();
    const [verdict] = judge!.verdicts;
    expect(verdict).toMatchObject({ version: 2, action: 'advance', missing: [] });
    for (const { low, difference, high, margin } of verdict!.findings) {
      expect(low).toBeLessThan(difference);
      expect(high).toBeGreaterThan(difference);
      expect(high).toBeLessThan(difference + margin);
    }
    expect(judge).toMatchObject({ would: 'give version 2 50 %', withheld: null });
    expect(text).toMatch(
      /✓ failures: 0 % of \d+ against 0 % of \d+: not worse.*\n.*\n +.*├.*●.*┤.*┊ +\[−.* pp, \+.* pp\]/,
    );
    expect(text).toContain('would       give version 2 50 %, at its next look');
  });

  it('says why nothing is done: the freeze, who made it and why', async () => {
    await canary();
    await apply({ type: 'freeze', until: new Date(T0 + 7_200_000).toISOString(), reason: 'an incident' });
    served(30, { failure: 0.5 });
    const { judge, automation, text } = await status();
    expect(automation.frozen).toMatchObject({ by: 'test', reason: 'an incident' });
    expect(judge).toMatchObject({
      verdicts: [{ action: 'take-back', cause: 'model' }],
      would: 'take version 2 back',
      withheld: 'test has frozen automation until 2026-01-01T14:00Z (an incident)',
    });
    expect(text).toContain('frozen      until 2026-01-01 14:00Z, by test at 2026-01-01 12:00Z: an incident');
    fixture.seconds = 7_200;
    expect(await status()).toMatchObject({ automation: { frozen: null } });
  });

  it('is the question that waits for a person, until evidence answers it', async () => {
    await canary();
    fixture.seconds = 87_000;
    await apply({ type: 'wait', version: 2, reason: 'r' });
    expect((await status()).text).toContain('judge       version 2: needs a person, asked at 2026-01-02 12:10Z, cause');
    served(80, {});
    expect((await status()).text).toContain('judge       version 2: ready for the next step');
  });

  it('does not call well what retraining was asked for', async () => {
    await apply({ type: 'request-retraining', reason: 'r' });
    const { text } = await status();
    expect(text).toContain('judge       version 1: stays, and retraining was asked for');
    expect(text).not.toContain('nothing is wrong');
  });

  it('says that the judge does not look only once it has had time to begin', async () => {
    await canary();
    fixture.seconds += 50;
    expect((await status()).text).not.toContain('the judge does not look');
    fixture.seconds += 540;
    expect((await status()).text).toContain('the judge does not look');
  });

  it('is what it finds of a champion, and what replay made known last', async () => {
    const pairs = { n: 10, both: 0, suspectOnly: 9, referenceOnly: 1 };
    const none = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };
    const tally = (hour: string, asked: number): ReplayTally => ({
      schemaVersion: 1,
      model: 'm',
      suspect: 1,
      reference: 3,
      since: '2026-01-01T12:00:00.000Z',
      hour,
      asked,
      notReplayable: 0,
      failures: pairs,
      slow: none,
      answers: {
        n: 0,
        disagree: 0,
        notFinite: 0,
        distinctInputs: 0,
        distinctAnswers: 0,
        referenceNotFinite: 0,
        referenceDistinct: null,
        rankCorrelation: null,
      },
      truth: [],
    });
    for (const each of [tally('2025-12-01T11', 1), tally('2026-01-01T11', 2), tally('2026-01-01T12', 3)])
      await fixture.home.data.put(replayKey(each), JSON.stringify(each));
    const { judge, text } = await status();
    expect(judge).toMatchObject({ verdicts: [{ version: 1, action: 'none' }], would: null, replays: [{ asked: 3 }] });
    expect(text).toContain('judge       version 1: nothing is wrong');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'replay 3 requests of version 1, hour 2026-01-01T12, asked of version 3 too: failed again: both 0, the one alone 9, the other alone 1 of 10',
    );
  });
});
