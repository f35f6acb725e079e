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

function candidatesOf(file: string): Candidate[] {
  const content = readScenarioFile(file);
  const variants = candidatesOfVariants(content, file);
  return variants.length > 0 ? variants : [{ at: {}, scenario: parseScenario(content, file) }];
}

/** Expectations are what must come out; notes say what came out before there was a judge, and what is still to come. */
describe('scenarios', () => {
  it.each(readdirSync(FOLDER).map((file) => path.parse(file).name))('%s', async (name) => {
    const unmet: string[] = [];
    for (const { variant = name, scenario } of candidatesOf(path.join(FOLDER, `${name}.json`))) {
      expect(scenario.name).toBe(name);
      const simulation = await simulate(scenario, DEPLOYED_SCHEDULES);
      unmet.push(...simulation.unmet.map((fault) => `${variant}: ${fault}`));
    }
    expect(unmet).toEqual([]);
  });
});
