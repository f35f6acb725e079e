import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { DEPLOYED_SCHEDULES } from '../../../cli/simulation/deployed-schedules.ts';
import { MAX_VALUES, metricLine } from '../../../core/observability/emf.ts';
import type { Entry } from '../../../core/registry/ledger.ts';
import { latencyOfRank } from '../../../core/simulation/latencies.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import type { Home } from '../../../platform/ports.ts';
import { openSimulatedHome } from '../../../platform/simulated/home.ts';
import { play, START_MS } from '../../../usecases/simulation/play.ts';
import { type Publisher, simulatedPublisher } from '../../../usecases/simulation/publisher.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const msOf = (t: number): number => START_MS + 1_000 * t;

/** Writes what happened as endpoints do: a value a request, in lines of the embedded metric format. */
function linePublisher(home: Home, model: string): Publisher {
  const write = (
    of: { version: number; variant: 'champion' | 'challenger' | 'shadow' },
    at: number,
    name: string,
    values: number[],
  ) => {
    for (let i = 0; i < values.length; i += MAX_VALUES)
      home.metrics.write(
        metricLine({ model, ...of, at: msOf(at), values: { [name]: values.slice(i, i + MAX_VALUES) } }),
      );
  };
  const ones = (n: number, count: number): number[] => Array.from({ length: n }, (_, i) => (i < count ? 1 : 0));
  return {
    served(route, { from }, { requests, failed, invalid, violations, rows }, latencies) {
      write(route, from, 'Failure', ones(requests, failed));
      write(route, from, 'Violation', ones(requests, invalid + violations));
      write(
        route,
        from,
        'Rows',
        Array.from({ length: requests - failed - invalid }, () => rows / (requests - failed - invalid)),
      );
      write(
        route,
        from,
        'Latency',
        Array.from({ length: requests }, (_, i) => latencyOfRank([latencies], i + 1)),
      );
    },
    judged: (route, at, metric, { rows, wrong }) => write(route, at, metric, ones(rows, wrong)),
  };
}

async function entriesOf(home: Home): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of home.ledger.entries('model')) entries.push(entry);
  return entries;
}

/** What is decided, when, and on what counts; times of requests are drawn more coarsely by one of the two. */
const essence = ({ number, kind, version, at, reason, cause, state }: Entry) => ({
  number,
  kind,
  version,
  at,
  reason: reason.replace(/;? ?Latency: .*/, ''),
  cause,
  challengers: state.challengers.map((each) => each.weight),
});

describe('play', () => {
  it.each<[string, z.input<typeof Scenario>]>([
    ['a canary that fails', { traffic: { rate: 5 }, versions: [{ name: 'a' }, { name: 'b', failures: 0.5 }] }],
    ['a canary that errs', { traffic: { rate: 5 }, versions: [{ name: 'a' }, { name: 'b', errors: 0.5 }] }],
    ['a canary like the champion', { traffic: { rate: 2 } }],
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
      publisher: simulatedPublisher(simulated.metrics, 'model', msOf),
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
        { do: 'lift', at: 0, version: 'canary' },
        { do: 'freeze', at: 60, until: '5m' },
      ],
    });
    const { timeline, entries } = await play(scenario, 1, DEPLOYED_SCHEDULES);
    expect(timeline.find(({ event }) => event === 'refused')?.reason).toMatch(/version 2 is not quarantined/);
    expect(timeline.find(({ event }) => event === 'freeze')?.t).toBe(60);
    expect(entries).toBe(0);
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
    const pages = async (delay: string) => (await play(Scenario.parse(truths(delay)), 1, DEPLOYED_SCHEDULES)).pages;
    expect(await pages('6d')).toBeGreaterThan(0);
    expect(await pages('8d')).toBe(0);
  });
});
