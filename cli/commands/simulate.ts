import type { Command as Program } from 'commander';
import type { SimulationTableView } from '../../core/simulation/view.ts';
import { simulate } from '../../usecases/simulation/simulate.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { formatSimulation, formatSimulations, formatWithTimeline } from '../output/simulation.ts';
import { DEPLOYED_SCHEDULES } from '../simulation/deployed-schedules.ts';
import {
  type Candidate,
  candidatesOfGrid,
  candidatesOfVariants,
  type GridAxis,
  parseGridAxis,
  parseScenario,
  readScenarioFile,
  type ScenarioContent,
} from '../simulation/scenario-file.ts';

interface SimulateOptions {
  readonly seeds?: string;
  readonly seed?: string;
  readonly grid: readonly GridAxis[];
  readonly variant?: string;
  readonly timeline?: boolean;
}

/** Axes that make a table which people can read, and cells that come out while they wait. */
const MAX_AXES = 2;
const MAX_CELLS = 1_000;

/** Says what a release would meet: the real decisions over a described traffic. */
export function addSimulate(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('simulate <scenario>')
    .description('what would become of a release under a described traffic; exit status 1 when it is not as expected')
    .option('--seeds <n>', 'how often it is played (default: as the scenario says, or 20)')
    .option('--seed <n>', 'the first seed')
    .option('--timeline', 'what happens with the first seed, one by one')
    .option('--variant <name>', 'one of the variants of the file, instead of all')
    .option(
      '--grid <path=values>',
      'try values at a place of the scenario, such as traffic.rate=0.2,1,5; twice for two axes',
      (text: string, axes: readonly GridAxis[]) => [...axes, parseGridAxis(text)],
      [] as readonly GridAxis[],
    )
    .action(async (file: string, own: SimulateOptions) => {
      const content = withSeeds(readScenarioFile(file), own);
      const { single, several } = candidatesOf(content, file, own);
      const faults = single
        ? await playOne(single, own.timeline === true, io, options)
        : await playAll(several, { grid: own.grid, note: noteOf(content) }, io, options);
      const { length } = faults;
      if (length > 0)
        throw new CheckFailedError(
          `${length} ${length === 1 ? 'expectation is' : 'expectations are'} not met: ${faults[0]}`,
        );
    });
}

interface Candidates {
  readonly single?: Candidate;
  readonly several: readonly Candidate[];
}

/** What is to be played: all is checked before anything is, for a fault in the last should not come after minutes. */
function candidatesOf(
  content: ScenarioContent,
  file: string,
  { grid, variant, timeline }: SimulateOptions,
): Candidates {
  if (grid.length > MAX_AXES) throw new UsageError(`a grid has ${MAX_AXES} axes at most, received ${grid.length}`);
  const variants = candidatesOfVariants(content, file);
  if (grid.length > 0) {
    if (variants.length > 0) throw new UsageError(`${file} has variants: a grid is for a file of one scenario`);
    if (timeline) throw new UsageError('--timeline is of one scenario, and a grid has several');
    const cells = grid.reduce((product, { values }) => product * values.length, 1);
    if (cells > MAX_CELLS) throw new UsageError(`a grid has ${MAX_CELLS} cells at most, received ${cells}`);
    return { several: candidatesOfGrid(content, file, grid) };
  }
  if (variant !== undefined) {
    const single = variants.find((each) => each.variant === variant);
    const names = variants.map((each) => each.variant).join(', ') || 'none';
    if (single === undefined) throw new UsageError(`there is no variant ${variant}; there are: ${names}`);
    return { single, several: [] };
  }
  if (variants.length === 0) return { single: { at: {}, scenario: parseScenario(content, file) }, several: [] };
  if (timeline) throw new UsageError(`--timeline is of one scenario: choose one of the file's by --variant`);
  return { several: variants };
}

/** @returns what was expected and is not met */
async function playOne(
  { scenario, variant }: Candidate,
  timeline: boolean,
  io: Io,
  options: () => GlobalOptions,
): Promise<readonly string[]> {
  const simulation = await simulate(scenario, DEPLOYED_SCHEDULES);
  const named = variant === undefined ? simulation : { ...simulation, name: `${simulation.name}, ${variant}` };
  const formatAsked = timeline || simulation.runs.length === 1 ? formatWithTimeline : formatSimulation;
  print(io, options(), named, formatAsked);
  return simulation.unmet;
}

/** @returns what was expected and is not met */
async function playAll(
  candidates: readonly Candidate[],
  { grid, note }: { readonly grid: readonly GridAxis[]; readonly note: string },
  io: Io,
  options: () => GlobalOptions,
): Promise<readonly string[]> {
  const cells: SimulationTableView['cells'] = [];
  for (const { at, variant, scenario } of candidates) {
    const { summary, unmet } = await simulate(scenario, DEPLOYED_SCHEDULES);
    cells.push({ at, variant: variant ?? null, note: scenario.note, summary, unmet });
  }
  const { name } = candidates[0]!.scenario;
  const view: SimulationTableView = { schemaVersion: 1, name, note, axes: grid.map(({ path }) => path), cells };
  print(io, options(), view, formatSimulations);
  return cells.flatMap(({ unmet }) => unmet);
}

/** What the file says of its results, of whatever variant. */
const noteOf = ({ note }: ScenarioContent): string => (typeof note === 'string' ? note : '');

function withSeeds(content: ScenarioContent, { seeds, seed }: SimulateOptions): ScenarioContent {
  return {
    ...content,
    ...(seeds === undefined ? {} : { seeds: wholeNumber('seeds', seeds) }),
    ...(seed === undefined ? {} : { seed: wholeNumber('seed', seed) }),
  };
}

/** @throws UsageError */
function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${name} is a whole number, received '${text}'`);
}
