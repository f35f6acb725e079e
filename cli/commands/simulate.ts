import type { Command as Program } from 'commander';
import { type Simulated, simulate } from '../../usecases/simulation/simulate.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { formatGrid, formatSimulated, formatTimeline, type GridCell } from '../output/simulation.ts';
import { DEPLOYED_SCHEDULES } from '../simulation/deployed-schedules.ts';
import {
  type GridAxis,
  parseGridAxis,
  parseScenario,
  readScenarioFile,
  withValueAt,
} from '../simulation/scenario-file.ts';

interface SimulateOptions {
  readonly seeds?: string;
  readonly seed?: string;
  readonly grid: readonly GridAxis[];
  readonly timeline?: boolean;
}

/** Axes that make a table which people can read. */
const MAX_AXES = 2;

/** Says what a release would meet: the real decisions over a described traffic. */
export function addSimulate(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('simulate <scenario>')
    .description('what would become of a release under a described traffic; exit status 1 when it is not as expected')
    .option('--seeds <n>', 'how often it is played (default: as the scenario says, or 20)')
    .option('--seed <n>', 'the first seed')
    .option('--timeline', 'what happens in the first seed, one by one')
    .option(
      '--grid <path=values>',
      'try values at a place of the scenario, such as traffic.rate=0.2,1,5; twice for two axes',
      (text: string, axes: readonly GridAxis[]) => [...axes, parseGridAxis(text)],
      [] as readonly GridAxis[],
    )
    .action(async (file: string, own: SimulateOptions) => {
      if (own.grid.length > MAX_AXES)
        throw new UsageError(`a grid has ${MAX_AXES} axes at most, received ${own.grid.length}`);
      const content = withSeeds(readScenarioFile(file), own);
      const cells = await simulateAll(content, file, own.grid);
      print(io, options(), own.grid.length > 0 ? gridJson(own.grid, cells) : cells[0]!.simulated, () =>
        own.grid.length > 0
          ? formatGrid(
              own.grid.map(({ path }) => path),
              cells,
            )
          : formatOne(cells[0]!.simulated, own.timeline === true),
      );
      const faults = cells.flatMap(({ simulated }) => simulated.unmet);
      if (faults.length > 0) throw new CheckFailedError(`${faults.length} expectations are not met: ${faults[0]}`);
    });
}

/** Every combination of the axes' values, the last axis varying fastest. */
async function simulateAll(content: unknown, file: string, axes: readonly GridAxis[]): Promise<GridCell[]> {
  const combinations = axes.reduce<unknown[][]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
  // All are parsed before any is played: a fault in the last should not come after minutes.
  const scenarios = combinations.map((values) =>
    parseScenario(
      axes.reduce<unknown>((changed, { path }, i) => withValueAt(changed, path, values[i]), content),
      file,
    ),
  );
  const cells: GridCell[] = [];
  for (const [i, scenario] of scenarios.entries())
    cells.push({ values: combinations[i]!, simulated: await simulate(scenario, DEPLOYED_SCHEDULES) });
  return cells;
}

function withSeeds(content: unknown, { seeds, seed }: SimulateOptions): unknown {
  let changed = content;
  if (seeds !== undefined) changed = withValueAt(changed, 'seeds', wholeNumber('seeds', seeds));
  if (seed !== undefined) changed = withValueAt(changed, 'seed', wholeNumber('seed', seed));
  return changed;
}

/** @throws UsageError */
function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${name} is a whole number, received '${text}'`);
}

const formatOne = (simulated: Simulated, timeline: boolean): string =>
  [
    ...(timeline || simulated.runs.length === 1 ? [formatTimeline(simulated.runs[0]!), ''] : []),
    formatSimulated(simulated),
  ].join('\n');

const gridJson = (axes: readonly GridAxis[], cells: readonly GridCell[]) =>
  cells.map(({ values, simulated: { name, summary, unmet } }) => ({
    at: Object.fromEntries(axes.map(({ path }, i) => [path, values[i]])),
    name,
    summary,
    unmet,
  }));
