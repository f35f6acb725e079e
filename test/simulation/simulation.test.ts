import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOYED_SCHEDULES } from '../../cli/simulation/deployed-schedules.ts';
import {
  type Candidate,
  candidatesOfVariants,
  parseScenario,
  readScenarioFile,
} from '../../cli/simulation/scenario-file.ts';
import { simulate } from '../../usecases/simulation/simulate.ts';

const FOLDER = path.join(import.meta.dirname, 'scenarios');
/** One, for `npm run bench -- judge` has fifty of every scenario. */
const SEEDS = 1;
/** Of a file with many variants, so many. */
const VARIANTS = 4;
/** Longer ones take seconds a seed: they are only read. */
const LONGEST_SECONDS = 4 * 3_600;

function candidatesOf(file: string): Candidate[] {
  const content = readScenarioFile(file);
  const variants = candidatesOfVariants(content, file);
  return variants.length > 0 ? variants : [{ at: {}, scenario: parseScenario(content, file) }];
}

/** Of the variants of a file those that are spread over it, the last included. */
function some(candidates: readonly Candidate[]): Candidate[] {
  const every = Math.ceil(candidates.length / VARIANTS);
  return candidates.filter((_, i) => (candidates.length - 1 - i) % every === 0);
}

/** Expectations are what must come out; notes say what came out before there was a judge, and what is still to come. */
describe('scenarios', () => {
  it.each(readdirSync(FOLDER).map((file) => path.parse(file).name))('%s', async (name) => {
    const unmet: string[] = [];
    const candidates = candidatesOf(path.join(FOLDER, `${name}.json`));
    expect(new Set(candidates.map(({ scenario }) => scenario.name))).toEqual(new Set([name]));
    for (const { variant = name, scenario } of some(candidates)) {
      if (scenario.duration > LONGEST_SECONDS) continue;
      const seeds = Math.min(SEEDS, scenario.seeds);
      const simulation = await simulate({ ...scenario, seeds }, DEPLOYED_SCHEDULES);
      unmet.push(...simulation.unmet.map((fault) => `${variant}: ${fault}`));
    }
    expect(unmet).toEqual([]);
  });
});
