import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { DEPLOYED_SCHEDULES } from '../../../cli/simulation/deployed-schedules.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { play } from '../../../usecases/simulation/play.ts';

/** The examples that are shipped, by the settings of their alarms: versions that have the same are played once. */
const examples = new Map(
  globSync('models/*/v*/model.json').map((file) => {
    const { name, monitoring } = Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
    return [`${name} ${JSON.stringify(monitoring)}`, { name, monitoring }];
  }),
);
const LATE = [0, 60, 120];
const cells = [...examples.values()].flatMap(({ name, monitoring }) =>
  LATE.map((late) => [name, late, monitoring] as const),
);

/** Two versions of a model with an example's alarms, metrics so many seconds late. */
const played = async (
  late: number,
  monitoring: Manifest['monitoring'],
  input: Omit<z.input<typeof Scenario>, 'traffic'>,
) => {
  const { periodSeconds, datapointsToAlarm, evaluationPeriods } = monitoring;
  return play(
    Scenario.parse({
      traffic: { rate: 5 },
      truth: { share: 0 },
      ingestionDelay: late,
      model: { monitoring: { periodSeconds, datapointsToAlarm, evaluationPeriods } },
      ...input,
    }),
    1,
    DEPLOYED_SCHEDULES,
  );
};

describe.each(cells)('the alarms of the example %s, metrics %i s late', (_, late, monitoring) => {
  it('keep nothing from being taken back', async () => {
    const { run } = await played(late, monitoring, {
      duration: '20m',
      stopWhenDecided: true,
      versions: [{ name: 'champion' }, { name: 'canary', failures: 0.5 }],
    });
    expect(run.acted).toBe(true);
    expect(run.actedAfterSeconds).toBeLessThanOrEqual(late + 180);
    expect(run.pages).toBe(0);
  });

  it('lead to one entry and one page when every version fails', async () => {
    const { run, timeline } = await played(late, monitoring, {
      duration: '20m',
      warmUp: '10m',
      versions: [{ name: 'champion' }, { name: 'canary' }],
      everywhere: {
        failures: [
          { from: '-10m', value: 0 },
          { from: '5m', value: 0.5 },
        ],
      },
    });
    expect(run).toMatchObject({ cause: 'infrastructure', held: 1, falseActions: 0, pages: 1 });
    const [held, paged] = [/-held$/, /^page$/].map((event) => timeline.find((item) => event.test(item.event))!.t - 300);
    expect(held).toBeLessThanOrEqual(late + 180);
    expect(paged).toBeLessThanOrEqual(2 * late + 300);
  });

  it('page nobody when nothing is wrong', async () => {
    const { run } = await played(late, monitoring, {
      duration: '1h',
      versions: [{ name: 'champion' }],
      suspect: 'none',
    });
    expect(run).toMatchObject({ pages: 0, entries: 0 });
  });
});
