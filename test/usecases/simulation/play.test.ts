import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { DEPLOYED_SCHEDULES } from '../../../cli/simulation/deployed-schedules.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { openSimulatedHome } from '../../../platform/simulated/home.ts';
import { play } from '../../../usecases/simulation/play.ts';
import { simulatedPublisher } from '../../../usecases/simulation/publisher.ts';
import { entriesOf, essence, linePublisher, msOf } from '../../simulation/line-publisher.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('play', () => {
  it.each<[string, z.input<typeof Scenario>]>([
    ['a canary that fails', { traffic: { rate: 5 }, versions: [{ name: 'a' }, { name: 'b', failures: 0.5 }] }],
    ['a canary that errs', { traffic: { rate: 5 }, versions: [{ name: 'a' }, { name: 'b', errors: 0.5 }] }],
    [
      'a canary like the champion',
      {
        traffic: { rate: 5 },
        truth: { share: 0 },
        model: { rollout: { steps: [0.5, 0.6, 1], stepSeconds: 300 } },
      },
    ],
  ])('writes the entries that the local home writes with the same lines: %s', async (_, input) => {
    const scenario = Scenario.parse({
      duration: '14m',
      warmUp: '2m',
      ingestionDelay: 0,
      model: { rollout: { steps: [0.25, 1], stepSeconds: 300 } },
      ...input,
    });
    const simulated = openSimulatedHome(msOf(-120), 0);
    await play(scenario, 1, DEPLOYED_SCHEDULES, () => ({
      home: simulated,
      publisher: simulatedPublisher(simulated, 'model', msOf),
      setClock: (ms) => simulated.clock.set(ms),
    }));
    let now = msOf(-120);
    const local = await openLocalHome(temporaryFolder('simulated'), { now: () => new Date(now) });
    await play(scenario, 1, DEPLOYED_SCHEDULES, () => ({
      home: local,
      publisher: linePublisher(local, 'model'),
      setClock: (ms) => {
        now = ms;
      },
    }));
    const [ours, theirs] = [await entriesOf(simulated), await entriesOf(local)];
    await local.close();
    expect(ours.length).toBeGreaterThan(6);
    expect(ours.map(essence)).toEqual(theirs.map(essence));
  });

  it('gives the same run for the same seed', async () => {
    const scenario = Scenario.parse({ duration: '30m', versions: [{ name: 'a' }, { name: 'b', failures: 0.5 }] });
    const run = (seed: number) => play(scenario, seed, DEPLOYED_SCHEDULES);
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('counts only what people let happen: a refused command is noted', async () => {
    const scenario = Scenario.parse({
      duration: '10m',
      events: [
        { do: 'release', at: '-1h', version: 'champion' },
        { do: 'lift', at: 0, version: 'champion' },
      ],
    });
    const { timeline, run } = await play(scenario, 1, DEPLOYED_SCHEDULES);
    expect(timeline.find(({ event }) => event === 'refused')?.reason).toMatch(/version 1 is not quarantined/);
    expect(run.entries).toBe(0);
  });

  it('looks at drift by the detector of the program: of a shift, of a column that is empty in part or throughout', async () => {
    const drift = async (feature: object) => {
      const scenario = Scenario.parse({
        duration: '3h',
        model: { monitoring: { drift: { windowMinutes: 60 } } },
        traffic: { rate: 2, features: { x: feature, y: {}, z: {} } },
        versions: [{ name: 'a' }],
        suspect: 'none',
      });
      const { run, timeline } = await play(scenario, 1, DEPLOYED_SCHEDULES);
      return { windows: run.driftWindows, told: timeline.filter(({ event }) => event === 'drift').at(-1)?.reason };
    };
    expect(await drift({})).toMatchObject({ windows: 0, told: expect.stringMatching(/^no_drift/) });
    const shifted = await drift({
      shift: [
        { from: 0, value: 0 },
        { from: '1h', value: 1 },
      ],
    });
    expect(shifted).toMatchObject({
      windows: 2,
      told: expect.stringMatching(/^drift: 33 % of the features; x: drift/),
    });
    const missing = (value: number) => [
      { from: 0, value: 0 },
      { from: '1h', value },
    ];
    expect(await drift({ missing: missing(0.5) })).toMatchObject({ windows: 2 });
    expect(await drift({ missing: missing(1) })).toMatchObject({
      windows: 0,
      told: expect.stringMatching(/x: not_applicable, all values are missing/),
    });
  });

  it('judges late truths of before a change apart, and no truth older than a week', async () => {
    const truths = (delay: string) => ({
      duration: '9d',
      warmUp: '1h',
      resolution: 60,
      traffic: {
        rate: [
          { from: '-1h', value: 1 },
          { from: 0, value: 0 },
        ],
      },
      truth: { delay },
      versions: [{ name: 'a', errors: 0.9, referenceErrors: 0.1 }],
      suspect: 'none',
    });
    const pages = async (delay: string) => (await play(Scenario.parse(truths(delay)), 1, DEPLOYED_SCHEDULES)).run.pages;
    expect(await pages('6d')).toBeGreaterThan(0);
    expect(await pages('8d')).toBe(0);
  }, 120_000);
});
