import type { Run, TimelineItem } from '../../core/simulation/run.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { summariseRuns, unmet } from '../../core/simulation/summary.ts';
import type { SimulationView } from '../../core/simulation/view.ts';
import { play, type Schedules } from './play.ts';

/** Plays a scenario with each of its seeds. Of the first, it is told what happened. */
export async function simulate(scenario: Scenario, schedules: Schedules): Promise<SimulationView> {
  const runs: Run[] = [];
  let first: readonly TimelineItem[] = [];
  for (let i = 0; i < scenario.seeds; i++) {
    const { run, timeline } = await play(scenario, scenario.seed + i, schedules);
    if (i === 0) first = timeline;
    runs.push(run);
  }
  return {
    schemaVersion: 1,
    name: scenario.name,
    note: scenario.note,
    summary: summariseRuns(runs),
    unmet: scenario.expect === undefined ? [] : unmet(scenario.expect, runs),
    timeline: [...first],
    runs,
  };
}
