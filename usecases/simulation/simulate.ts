import type { Run } from '../../core/simulation/run.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { type Summary, summariseRuns, unmet } from '../../core/simulation/summary.ts';
import { play, type Schedules } from './play.ts';

/** How a scenario came out. */
export interface Simulated {
  readonly name: string;
  readonly summary: Summary;
  /** What of the scenario's expectation was not met. */
  readonly unmet: readonly string[];
  readonly runs: readonly Run[];
}

/** Plays a scenario with each of its seeds. @param onRun told of each run as it ends */
export async function simulate(
  scenario: Scenario,
  schedules: Schedules,
  onRun: (done: number) => void = () => undefined,
): Promise<Simulated> {
  const runs: Run[] = [];
  for (let i = 0; i < scenario.seeds; i++) {
    runs.push(await play(scenario, scenario.seed + i, schedules));
    onRun(runs.length);
  }
  return {
    name: scenario.name,
    summary: summariseRuns(runs),
    unmet: scenario.expect === undefined ? [] : unmet(scenario.expect, runs),
    runs,
  };
}
