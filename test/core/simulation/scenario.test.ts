import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { ScenarioFile } from '../../../core/simulation/variants.ts';
import { valueAt } from '../../../core/simulation/varying.ts';
import { scenarioSchema } from '../../../scripts/docs/json-schemas.ts';
import { SIMULATE_PAGE, simulatePage } from '../../../scripts/docs/scenario-fields.ts';

/** Paths of what a schema has no description of; `monitoring`, `rollout` and hypotheses have theirs in the manifest's. */
function undescribed(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null || /\.(monitoring|rollout|hypothesis)$/.test(path)) return [];
  const {
    properties = {},
    items,
    anyOf = [],
    oneOf = [],
    additionalProperties,
    prefixItems,
  } = schema as {
    properties?: Record<string, { description?: string; const?: unknown }>;
    items?: unknown;
    anyOf?: unknown[];
    oneOf?: unknown[];
    additionalProperties?: unknown;
    prefixItems?: unknown[];
  };
  const own = Object.entries(properties).flatMap(([name, property]) => [
    ...(property.description === undefined ? [`${path}.${name}`] : []),
    ...undescribed(property, `${path}.${name}`),
  ]);
  const within = [items, ...anyOf, ...oneOf, additionalProperties, ...(prefixItems ?? [])];
  return [...own, ...within.flatMap((each) => undescribed(each, path))];
}

describe('Scenario', () => {
  it('is short where defaults will do', () => {
    const { versions, duration, ingestionDelay, traffic } = Scenario.parse({});
    expect(versions.map(({ name }) => name)).toEqual(['champion', 'canary']);
    expect({ duration, ingestionDelay, rate: traffic.rate }).toEqual({ duration: 86_400, ingestionDelay: 30, rate: 1 });
  });

  it('takes durations in seconds or with a unit', () => {
    expect(Scenario.parse({ duration: '1.5h' }).duration).toBe(5_400);
    expect(Scenario.parse({ duration: 90 }).duration).toBe(90);
    expect(Scenario.parse({ duration: '1.1h' }).duration).toBe(3_960);
    expect(Scenario.parse({ skip: [{ from: '-2d', to: '-1h' }] }).skip).toEqual([{ from: -172_800, to: -3_600 }]);
    expect(() => Scenario.parse({ duration: '-1h' })).toThrow(/a number with s, m, h, d or w behind it/);
  });

  it('lets quantities change at once or little by little', () => {
    const changes = [
      { from: 0, value: 1 },
      { from: 10, value: 3 },
      { from: 20, until: 40, value: 5 },
    ];
    expect([-5, 0, 9, 10, 20, 30, 40, 99].map((t) => valueAt(changes, t))).toEqual([1, 1, 1, 3, 3, 4, 5, 5]);
  });

  it.each([
    [{ versions: [{ name: 'a' }, { name: 'a' }] }, /must be unique/],
    [{ suspect: 'b' }, /there is no version b; there are: champion, canary, none/],
    [{ events: [{ do: 'release', at: 0, version: 'b' }] }, /there is no version b/],
    [{ traffic: { segments: { a: 0.6, b: 0.6 } } }, /sum to 1.2, at most 1/],
    [{ versions: [{ name: 'a', segments: { night: {} } }] }, /there is no segment night; there are: none/],
    [{ sedes: 3 }, /Unrecognized key/],
    [{ resolution: 7 }, /divides a minute/],
  ])('refuses %j', (content, message) => {
    expect(() => Scenario.parse(content)).toThrow(message);
  });

  it('publishes the schema that scenarios are parsed by, with a word on every field', () => {
    expect(readFileSync('schemas/scenario.schema.json', 'utf8')).toBe(scenarioSchema());
    const { $defs } = JSON.parse(scenarioSchema()) as { $defs: Record<string, unknown> };
    expect(undescribed($defs['scenario.json'])).toEqual([]);
  });

  it('is documented: examples that parse, and a table of every field', () => {
    const page = readFileSync(SIMULATE_PAGE, 'utf8');
    const examples = [...page.matchAll(/```json\n([^`]+)```/g)].map(([, text]) => JSON.parse(text!));
    expect(examples).toHaveLength(4);
    for (const example of examples) expect(ScenarioFile.safeParse(example).error).toBeUndefined();
    expect(page).toBe(simulatePage());
  });

  it.each([
    [{ traffic: { positives: 0.2 }, model: { task: 'regression' } }, /is for task binary, the model's is regression/],
    [{ versions: [{ name: 'a', errors: 0.1, recall: 0.2, specificity: 0.9 }] }, /says what `recall` and `specificity`/],
    [{ warmUp: '1h', events: [] }, /is for scenarios without `events`/],
    [{ duration: '1h', events: [{ do: 'release', at: '2h', version: 'canary' }] }, /is not before the end, 3600 s/],
    [{ events: [{ do: 'release', version: 'canary' }] }, /one of `at` and `afterTakenBack` says when/],
    [{ skip: [{ from: '2h', to: '1h' }] }, /must be after `from`/],
    [
      { skip: [{ from: '1h', to: '3h' }], events: [{ do: 'release', at: '2h', version: 'canary' }] },
      /is in a stretch that is skipped/,
    ],
    [{ traffic: { bursts: [{ at: 0, outcome: 'right', named: true }] } }, /named requests need the version/],
    [{ model: { monitoring: { business: {} } } }, /Unrecognized key/],
    [{ expect: { acted: {} } }, /needs min or max/],
    [{ duration: '2000d' }, /at most 1000d/],
    [{ duration: 90.5 }, /must be whole seconds, such as 90s/],
    [{ duration: '0.01m' }, /must be whole seconds/],
    [{ skip: [{ from: -0.5, to: '1h' }] }, /must be whole seconds/],
    [{ expect: { acted: { min: 2 } } }, /expected number to be <=1/],
    [{ expect: { promoted: { max: -1 } } }, /expected number to be >=0/],
    [{ traffic: { segments: { '': 0.5 } } }, /Invalid key in record/],
  ])('refuses what would be ignored: %j', (content, message) => {
    expect(() => Scenario.parse(content)).toThrow(message);
  });

  const RELEASE = { do: 'release', at: '-1h', version: 'champion' };
  const CANARY = { do: 'canary', at: 0, version: 'canary' };
  it.each([
    [[RELEASE, { ...CANARY, steps: [0.5, 0.2] }], ['events', 1, 'steps'], /at least two shares that ascend, the last/],
    [[RELEASE, { ...CANARY, steps: [1] }], ['events', 1, 'steps'], /at least two shares/],
    [[CANARY], ['events', 0, 'do'], /no version has been released by then/],
    [[CANARY, { ...RELEASE, at: 0 }], ['events', 0, 'do'], /no version has been released by then/],
    [[RELEASE, { do: 'promote', at: '1h', version: 'canary' }], ['events', 1, 'do'], /no canary or test of canary has/],
    [[RELEASE, { do: 'promote', at: -60, version: 'canary' }, CANARY], ['events', 1, 'do'], /no canary or test/],
    [
      [RELEASE, { ...CANARY, at: undefined, afterTakenBack: '1h' }],
      ['events', 1, 'afterTakenBack'],
      /is never taken back/,
    ],
    [[RELEASE, { do: 'freeze', at: '1h', until: '1h' }], ['events', 1, 'until'], /is not within 30 days after `at`/],
    [[RELEASE, { do: 'freeze', at: '1h', until: '31d' }], ['events', 1, 'until'], /is not within 30 days after `at`/],
    [[RELEASE, { do: 'unfreeze', at: '1h' }], ['events', 1, 'do'], /automation is not frozen by then/],
    [
      [RELEASE, { do: 'freeze', at: 0, until: '1h' }, { do: 'unfreeze', at: '1h' }],
      ['events', 2, 'do'],
      /automation is not frozen by then/,
    ],
    [[RELEASE, { do: 'lift', at: '1h', version: 'canary' }], ['events', 1, 'do'], /is never taken back/],
  ])('refuses events that the file alone tells are impossible: %j', (events, path, message) => {
    const issues = Scenario.safeParse({ events }).error?.issues;
    expect(issues).toEqual([expect.objectContaining({ path, message: expect.stringMatching(message) })]);
  });

  it('refuses steps of the model that its canaries cannot take', () => {
    const model = { rollout: { steps: [1] } };
    const pathsOf = (content: object) => Scenario.safeParse(content).error?.issues.map(({ path }) => path.join('.'));
    expect(pathsOf({ model })).toEqual(['model.rollout.steps']);
    expect(pathsOf({ model, events: [RELEASE, CANARY] })).toEqual(['model.rollout.steps']);
    expect(pathsOf({ model, events: [RELEASE, { ...CANARY, steps: [0.5, 1] }] })).toBeUndefined();
    expect(pathsOf({ model, versions: [{ name: 'a' }] })).toBeUndefined();
  });

  it('takes events that depend on the traffic', () => {
    const events = [
      RELEASE,
      CANARY,
      { ...CANARY, at: undefined, afterTakenBack: '1h' },
      { do: 'lift', afterTakenBack: '10m', version: 'canary' },
      { do: 'promote', at: '5h', version: 'canary' },
    ];
    expect(Scenario.safeParse({ events }).error).toBeUndefined();
  });
});
