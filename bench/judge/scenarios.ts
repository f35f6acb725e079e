import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DEPLOYED_SCHEDULES } from '../../cli/simulation/deployed-schedules.ts';
import {
  type Candidate,
  candidatesOfVariants,
  parseScenario,
  readScenarioFile,
} from '../../cli/simulation/scenario-file.ts';
import type { SimulationView } from '../../core/simulation/view.ts';
import { simulate } from '../../usecases/simulation/simulate.ts';
import type { BenchRow } from '../bench.ts';
import { mustWords, time } from './must.ts';

const FOLDER = path.join(import.meta.dirname, '../../test/simulation/scenarios');
/** Seeds that no test has. */
const FIRST_SEED = 70_001;
/** Scenarios of at least so long may be played less often. */
const LONG_SECONDS = 12 * 3_600;

export interface SeedCounts {
  readonly usual: number;
  readonly long: number;
  /** Which files, by their names. @default all */
  readonly rows?: RegExp;
}

/** Every row of the scenarios, each variant of it played with so many seeds. */
export async function scenarioRows(seeds: SeedCounts): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const { rows: chosen = /./ } = seeds;
  for (const file of readdirSync(FOLDER).sort()) {
    if (!chosen.test(file)) continue;
    const content = readScenarioFile(path.join(FOLDER, file));
    const variants = candidatesOfVariants(content, file);
    const candidates = variants.length > 0 ? variants : [{ at: {}, scenario: parseScenario(content, file) }];
    for (const candidate of candidates) rows.push(await played(candidate, seeds));
  }
  return rows;
}

async function played({ scenario, variant }: Candidate, counts: SeedCounts): Promise<BenchRow> {
  const seeds = scenario.duration >= LONG_SECONDS ? counts.long : counts.usual;
  const view = await simulate({ ...scenario, seeds, seed: FIRST_SEED }, DEPLOYED_SCHEDULES);
  const what = `${scenario.name}${variant === undefined ? '' : `: ${variant}`}`;
  const row: BenchRow = {
    what,
    measured: measured(view),
    target: mustWords(scenario.expect),
    reached: view.unmet.length === 0,
  };
  process.stderr.write(`${what}: ${row.measured}${row.reached ? '' : ` — ${view.unmet.join('; ')}`}\n`);
  return row;
}

function measured({ summary: { seeds, acted, promoted, actedFalsely, causes, quantities } }: SimulationView): string {
  const { actedAfterSeconds: after, failedAnswersOfSuspect: failed, promotedAfterSeconds: grown } = quantities;
  const said = Object.entries(causes).map(([cause, count]) => `${cause} ${count}`);
  return [
    ...(acted > 0 ? [`taken back ${acted} of ${seeds}, ${time(after.median)} / ${time(after.p90)}`] : []),
    ...(acted > 0 && failed.median! > 0 ? [`${failed.median} / ${failed.p90} failed answers`] : []),
    ...(promoted > 0 ? [`promoted ${promoted} of ${seeds}, ${time(grown.median)} / ${time(grown.p90)}`] : []),
    `false ${actedFalsely}`,
    ...(said.length > 0 ? [said.join(', ')] : []),
  ].join('; ');
}
