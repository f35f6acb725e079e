import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOYED_SCHEDULES } from '../../cli/simulation/deployed-schedules.ts';
import { Scenario } from '../../core/simulation/scenario.ts';
import { simulate } from '../../usecases/simulation/simulate.ts';

const FOLDER = path.join(import.meta.dirname, 'scenarios');

/** What the program makes of each scenario: the expectations in the files are its figures. */
describe('scenarios', () => {
  it.each(readdirSync(FOLDER).map((file) => path.parse(file).name))('%s', async (name) => {
    const scenario = Scenario.parse(JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')));
    expect(scenario.name).toBe(name);
    const { unmet } = await simulate(scenario, DEPLOYED_SCHEDULES);
    expect(unmet).toEqual([]);
  });
});
