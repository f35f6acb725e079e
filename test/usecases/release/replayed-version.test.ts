import { describe, expect, it } from 'vitest';
import { DEPLOYED_SCHEDULES } from '../../../cli/simulation/deployed-schedules.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { play } from '../../../usecases/simulation/play.ts';

const CHAMPION_RELEASED = [
  { do: 'release' as const, at: '-1h', version: 'old' },
  { do: 'release' as const, at: '0s', version: 'new' },
];

async function played(input: object) {
  const scenario = Scenario.parse({
    duration: '30m',
    resolution: 30,
    traffic: { rate: 5 },
    replay: {},
    stopWhenDecided: true,
    versions: [{ name: 'old' }, { name: 'new' }],
    events: CHAMPION_RELEASED,
    ...input,
  });
  return (await play(scenario, 1, DEPLOYED_SCHEDULES)).run;
}

describe('a champion whose requests are asked again', () => {
  it('goes when it fails and its predecessor would not, and says by what it is known', async () => {
    const run = await played({ truth: { share: 0 }, versions: [{ name: 'old' }, { name: 'new', failures: 0.3 }] });
    expect(run).toMatchObject({ acted: true, cause: 'model' });
    expect(run.reason).toContain('failures, asked again');
  });

  it('stays when what both stand on fails from the minute of its release', async () => {
    const failures = [
      { from: '-1h', value: 0 },
      { from: 0, value: 0.3 },
    ];
    const run = await played({ truth: { share: 0 }, everywhere: { failures } });
    expect(run).toMatchObject({ acted: false, cause: 'infrastructure' });
  });

  it('goes when it is slow and its predecessor would not be, and stays when both are', async () => {
    const slow = { name: 'new', latency: { slow: 0.1 } };
    const alone = await played({ truth: { share: 0 }, versions: [{ name: 'old' }, slow] });
    expect(alone).toMatchObject({ acted: true, cause: 'model' });
    const all = await played({
      truth: { share: 0 },
      versions: [{ name: 'old', latency: { slow: 0.1 } }, { name: 'new' }],
    });
    expect(all).toMatchObject({ acted: false });
  });

  it('goes by the rows that it alone is wrong about, and not by a world that turns with its release', async () => {
    const own = await played({ versions: [{ name: 'old' }, { name: 'new', errors: 0.2 }], suspect: 'new' });
    expect(own).toMatchObject({ acted: true, cause: 'model' });
    expect(own.reason).toContain('about the same rows');
    const errors = [
      { from: '-1h', value: 0 },
      { from: 0, value: 0.35 },
    ];
    const turned = await played({ everywhere: { errors } });
    expect(turned).toMatchObject({ acted: false, cause: 'drift', retraining: 1 });
  });
});

describe('a champion that fails late', () => {
  it('is not excused by all the good answers before', async () => {
    const failures = [
      { from: '0s', value: 0 },
      { from: '24h', value: 0.5 },
    ];
    const run = await played({
      duration: '25h',
      resolution: 60,
      traffic: { rate: 1 },
      truth: { share: 0 },
      versions: [{ name: 'old' }, { name: 'new', failures }],
      stopWhenDecided: true,
      suspect: 'new',
    });
    expect(run).toMatchObject({ acted: true, cause: 'model' });
    expect(run.actedAfterSeconds! - 24 * 3_600).toBeLessThanOrEqual(600);
  });
});
