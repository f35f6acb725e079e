import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { DEPLOYED_SCHEDULES } from '../../cli/simulation/deployed-schedules.ts';
import { type HourTallies, talliesKey } from '../../core/quality/hour-tallies.ts';
import { Scenario } from '../../core/simulation/scenario.ts';
import { advance } from '../../functions/advance/trigger.ts';
import { AlarmTriggers } from '../../local-runtime/alarm-triggers.ts';
import { localFunctions } from '../../local-runtime/functions.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import type { EndpointProbe } from '../../platform/ports.ts';
import { openSimulatedHome } from '../../platform/simulated/home.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { play } from '../../usecases/simulation/play.ts';
import { simulatedPublisher } from '../../usecases/simulation/publisher.ts';
import { PERSON, registerVersions } from '../../usecases/simulation/register-versions.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { entriesOf, essence, linePublisher, msOf } from './line-publisher.ts';

const START = -120;
const MINUTE = 60;

/** Plays a scenario in memory, and writes down which lines endpoints and the join would have written, and when. */
async function simulated(scenario: Scenario) {
  const home = openSimulatedHome(msOf(START), 0);
  const lines = new Map<number, string[]>();
  const write = (line: string): void => {
    const at = home.clock.now().getTime();
    lines.set(at, [...(lines.get(at) ?? []), line]);
  };
  const real = simulatedPublisher(home, 'model', msOf);
  const counted = new Map<number, HourTallies[]>();
  const noted = linePublisher({ metrics: { write, environment: 'local' }, data: home.data }, 'model');
  await play(scenario, 1, DEPLOYED_SCHEDULES, () => ({
    home,
    publisher: {
      served: (...of) => {
        real.served(...of);
        noted.served(...of);
      },
      replayed: (tally) => real.replayed(tally),
      judged: (...of) => {
        real.judged(...of);
        noted.judged(...of);
      },
      counted: async (tallies) => {
        await real.counted(tallies);
        const at = home.clock.now().getTime();
        counted.set(at, [...(counted.get(at) ?? []), tallies]);
      },
    },
    setClock: (ms) => home.clock.set(ms),
  }));
  return { entries: await entriesOf(home), lines, counted };
}

/** Gives the lines to a local home as time goes by; its own triggers call the functions of the local runtime. */
async function local(scenario: Scenario, { lines, counted }: Omit<Awaited<ReturnType<typeof simulated>>, 'entries'>) {
  let now = msOf(START);
  const home = await openLocalHome(temporaryFolder('triggers'), { now: () => new Date(now) });
  const registry = new Registry(home, PERSON);
  const probe: EndpointProbe = { report: async (model) => registry.state(model) };
  const functions = localFunctions(home, { probe });
  const triggers = new AlarmTriggers(home, functions, () => undefined);
  const rollouts = functions.find(({ spec }) => spec.name === advance.name)!;
  await registerVersions(home, scenario, scenario.versions);
  await registry.apply('model', { type: 'release', version: 1, reason: `release of ${scenario.versions[0]!.name}` });
  for (let t = START + 1; t <= scenario.duration; t++) {
    now = msOf(t);
    for (const line of lines.get(now) ?? []) home.metrics.write(line);
    for (const tallies of counted.get(now) ?? [])
      await home.data.put(talliesKey('model', tallies.hour), JSON.stringify(tallies));
    if (t === 0) {
      const { steps } = scenario.model.rollout;
      const reason = `canary of ${scenario.versions[1]!.name}`;
      await registry.apply('model', { type: 'start-canary', version: 2, steps, reason });
    }
    if (t % MINUTE !== 0) continue;
    await triggers.evaluate();
    await rollouts.scheduled!(home.clock.now());
  }
  const entries = await entriesOf(home);
  await home.close();
  return entries;
}

describe('a simulation and the local runtime', () => {
  it.each<[string, string, z.input<typeof Scenario>]>([
    ['a canary that fails', 'canary-aborted', { versions: [{ name: 'a' }, { name: 'b', failures: 0.5 }] }],
    ['a canary that errs', 'canary-aborted', { versions: [{ name: 'a' }, { name: 'b', errors: 0.5 }] }],
    ['a canary like the champion', 'canary-advanced', { truth: { share: 0 } }],
  ])('write the same entries of the same traffic: %s', async (_, last, input) => {
    const scenario = Scenario.parse({
      duration: '13m',
      warmUp: '2m',
      ingestionDelay: 0,
      serving: { refresh: 0 },
      traffic: { rate: 5 },
      model: { rollout: { steps: [0.5, 0.6, 1], stepSeconds: 300 } },
      ...input,
    });
    const { entries, ...written } = await simulated(scenario);
    expect(entries.map(({ kind }) => kind)).toContain(last);
    expect((await local(scenario, written)).map(essence)).toEqual(entries.map(essence));
  });
});
