import { beforeEach, describe, expect, it } from 'vitest';
import { DEPLOYED_SCHEDULES } from '../../../cli/simulation/deployed-schedules.ts';
import { judge } from '../../../core/judge/judge.ts';
import { judgeRulesOf } from '../../../core/judge/manifest-rules.ts';
import { NO_PAIRS } from '../../../core/judge/paired.ts';
import { hourOf } from '../../../core/quality/hour-tallies.ts';
import type { ReplayTally } from '../../../core/replay/replay-tally.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { entriesOf } from '../../../usecases/release/former-evidence.ts';
import { onsetComparisons, takeoverOf } from '../../../usecases/release/release-onset.ts';
import { play } from '../../../usecases/simulation/play.ts';
import { ReleaseFixture } from './release-fixture.ts';

async function played(input: object, seed = 1) {
  const scenario = Scenario.parse({
    duration: '30m',
    resolution: 30,
    traffic: { rate: 5 },
    truth: { share: 0 },
    stopWhenDecided: true,
    versions: [{ name: 'old' }, { name: 'new' }],
    events: [
      { do: 'release', at: '-2h', version: 'old' },
      { do: 'release', at: '0s', version: 'new' },
    ],
    ...input,
  });
  return (await play(scenario, seed, DEPLOYED_SCHEDULES)).run;
}

describe('the onset of a release', () => {
  it('takes back a champion that is slow where its predecessor was not', async () => {
    const run = await played({ versions: [{ name: 'old' }, { name: 'new', latency: { medianMs: 900 } }] });
    expect(run).toMatchObject({ acted: true, cause: 'model' });
    expect(run.reason).toContain('answers slower than 500 ms');
  });

  it('takes back a champion that is slow three times as often as its predecessor', async () => {
    const versions = [
      { name: 'old', latency: { slow: 0.1 } },
      { name: 'new', latency: { slow: 0.6 } },
    ];
    expect(await played({ versions })).toMatchObject({ acted: true, cause: 'model' });
  });

  it.each(['failures', 'slow answers'])('asks a person about %s that begin a few minutes later', async (what) => {
    const late = (value: number) => [
      { from: '0s', value: 0 },
      { from: '3m', value },
    ];
    const own = what === 'failures' ? { failures: late(0.5) } : { latency: { slow: late(0.5) } };
    const run = await played({ versions: [{ name: 'old' }, { name: 'new', ...own }] });
    expect(run).toMatchObject({ acted: false, cause: 'unclear' });
    expect(run.reason).toContain('they began 3 min after the release');
    expect(run.reason).not.toContain('every version');
  });

  it('is no few slow answers of the first hour, when all become slow later', async () => {
    const latency = { medianMs: 100, slow: 0.003 };
    const run = await played({
      duration: '3h',
      versions: [
        { name: 'old', latency: { ...latency, slow: 0 } },
        { name: 'new', latency },
      ],
      everywhere: {
        latencyFactor: [
          { from: '-3h', value: 1 },
          { from: '150m', value: 8 },
        ],
      },
    });
    expect(run).toMatchObject({ acted: false, cause: 'infrastructure' });
  });

  it('is what both stand on when it begins long after the release', async () => {
    const failures = [
      { from: '-3h', value: 0 },
      { from: '61m', value: 0.5 },
    ];
    const run = await played({ duration: '80m', everywhere: { failures } });
    expect(run).toMatchObject({ acted: false, cause: 'infrastructure' });
  });

  it('is not thrown away for a few requests that were asked again and bear it out', async () => {
    const versions = [{ name: 'old' }, { name: 'new', failures: 1 }];
    const few = await played({ versions, replay: { share: 0.005 } });
    expect(few).toMatchObject({ acted: true, cause: 'model' });
    expect(few.actedAfterSeconds).toBeLessThanOrEqual(180);
  });

  it('is contradicted by few requests that its predecessor fails as well', async () => {
    const failures = [
      { from: '-3h', value: 0 },
      { from: 0, value: 0.5 },
    ];
    const run = await played({ everywhere: { failures }, replay: { share: 0.05 } });
    expect(run).toMatchObject({ acted: false, cause: 'infrastructure' });
  });
});

describe('the first truths of a champion', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.05, 1], stepSeconds: 60 });
    fixture.serve(1, 'champion', 300, { wrong: 0.1 });
    await fixture.truths(1, 300, 0.1);
    fixture.seconds = 60;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    fixture.seconds = 120;
    fixture.serve(2, 'champion', 300, { wrong: 0.74 });
    await fixture.truths(2, 300, 0.74);
  });

  /** The verdict while the alarm of the errors is up and some requests were asked again, before their truth was known. */
  async function verdict(truth: ReplayTally['truth'] = []) {
    const record = (await fixture.home.ledger.version('m', 2))!;
    const rules = judgeRulesOf(record.manifest);
    const [before, started] = (await entriesOf(fixture.home, 'm', 1)).slice(-2);
    const takeover = takeoverOf(started!, before)!;
    const answers = {
      n: 0,
      disagree: 0,
      notFinite: 0,
      distinctInputs: 0,
      distinctAnswers: 0,
      referenceNotFinite: 0,
      referenceDistinct: null,
      rankCorrelation: null,
    };
    const of = { model: 'm', suspect: 2, reference: 1, since: takeover.since, hour: hourOf(started!.at) };
    const counts = { asked: 50, notReplayable: 0, failures: NO_PAIRS, slow: NO_PAIRS, answers, truth };
    const replays: ReplayTally[] = [{ schemaVersion: 1, ...of, ...counts }];
    const now = fixture.home.clock.now();
    const comparisons = await onsetComparisons(fixture.home, takeover, { rules, now, replays, asks: true });
    const trouble = [{ cause: 'drift' as const, sentence: 'every version is wrong', about: 'PredictionError' }];
    const common = {
      version: 2,
      rules,
      trouble,
      waitsForTruth: false,
      isConcurrent: false,
      ageDays: 0,
      returnable: true,
    };
    return judge({ ...common, comparisons: comparisons.map(({ comparison }) => comparison) });
  }

  it('are waited for to be asked about before the world has changed', async () => {
    fixture.seconds = 140;
    expect(await verdict()).toMatchObject({ action: 'wait' });
  });

  it('are held against the predecessor’s where none of them can be asked about', async () => {
    fixture.seconds = 260;
    expect(await verdict()).toMatchObject({ action: 'take-back', cause: 'model' });
  });

  it('leave it to the same rows once those were asked about', async () => {
    fixture.seconds = 140;
    const pairs = { n: 50, both: 35, suspectOnly: 1, referenceOnly: 1 };
    expect(await verdict([{ metric: 'errorRate', className: null, pairs }])).toMatchObject({ action: 'retrain' });
  });
});
