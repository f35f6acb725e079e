import { DEPLOYED_SCHEDULES } from '../cli/simulation/deployed-schedules.ts';
import { Scenario } from '../core/simulation/scenario.ts';
import type { SimulationView } from '../core/simulation/view.ts';
import { simulate } from '../usecases/simulation/simulate.ts';
import type { Bench, BenchRow } from './bench.ts';

/** A month of a model, and a thousand rollouts of a canary that equals its champion: both within a coffee. */
export const bench: Bench = async () => {
  const month = await timed({
    duration: '30d',
    traffic: { rate: 5 },
    versions: [{ name: 'champion', errors: 0.1 }],
    suspect: 'none',
    seeds: 1,
  });
  const rollouts = await timed({
    duration: '12h',
    warmUp: '10m',
    traffic: { rate: 20 },
    versions: [{ name: 'champion', errors: 0.1 }, { name: 'canary' }],
    suspect: 'none',
    stopWhenDecided: true,
    seeds: 1_000,
  });
  const taken = rollouts.simulated.runs.filter(({ falseActions }) => falseActions > 0).length;
  return [
    row('simulation of 30 days of a model at 5 requests a second', month.seconds, 15),
    row('simulation of 1,000 rollouts at 20 requests a second', rollouts.seconds, 30),
    { what: 'of 1,000 canaries that equal their champion, taken back (10 % errors)', measured: String(taken) },
  ];
};

async function timed(content: unknown): Promise<{ seconds: number; simulated: SimulationView }> {
  const scenario = Scenario.parse(content);
  const started = performance.now();
  const simulated = await simulate(scenario, DEPLOYED_SCHEDULES);
  return { seconds: (performance.now() - started) / 1_000, simulated };
}

const row = (what: string, seconds: number, most: number): BenchRow => ({
  what,
  measured: `${seconds.toFixed(1)} s`,
  target: `<= ${most} s`,
  reached: seconds <= most,
});
