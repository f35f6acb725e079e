import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { SimulationTableView, SimulationView } from '../../../core/simulation/view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const BAD_CANARY = {
  name: 'bad canary',
  duration: '20m',
  warmUp: '5m',
  traffic: { rate: 10 },
  truth: { share: 0 },
  versions: [{ name: 'champion' }, { name: 'canary', failures: 0.5 }],
  seeds: 3,
};

async function trimtab(content: unknown, ...options: string[]): Promise<{ status: number; out: string; err: string }> {
  const file = path.join(temporaryFolder('simulate'), 'scenario.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const [out, err]: [string[], string[]] = [[], []];
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
  const status = await main(['simulate', file, ...options], io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

describe('trimtab simulate', () => {
  it('says how long it took, on what cause, and what it cost', async () => {
    const { status, out } = await trimtab(BAD_CANARY);
    expect(status).toBe(0);
    expect(out).toMatch(/bad canary: 3 seeds/);
    expect(out).toMatch(/taken back in 3 of 3, .*\n?.*causes\ssaid:\smodel\s3/);
    expect(out).toMatch(/taken back after +60 s/);
    expect(out).not.toMatch(/canary-started/);
  });

  it('tells one run as it went', async () => {
    const { out } = await trimtab(BAD_CANARY, '--seeds', '1', '--seed', '7');
    expect(out).toMatch(/seed 7/);
    expect(out).toMatch(/00:00:00 +canary-started +canary/);
    expect(out).toMatch(/00:01:00 +canary-aborted +canary +\d+ failed/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const { out: all } = await trimtab(BAD_CANARY, '--timeline');
    expect(all).toMatch(/canary-started/);
  });

  it('prints JSON', async () => {
    const { out } = await trimtab(BAD_CANARY, '--json');
    const { summary, runs, unmet, timeline } = SimulationView.parse(JSON.parse(out));
    expect(timeline.at(-1)?.event).toBe('rollback-verified');
    expect(summary).toMatchObject({ seeds: 3, acted: 3, outcomes: { 'taken-back': 3 }, causes: { model: 3 } });
    expect(runs).toHaveLength(3);
    expect(unmet).toEqual([]);
  });

  it('tries every combination of two axes', async () => {
    const grid = ['--grid', 'traffic.rate=0.1,10', '--grid', 'versions.1.failures=0,0.5', '--seeds', '2'];
    const { status, out } = await trimtab(BAD_CANARY, ...grid);
    expect(status).toBe(0);
    const rows = out.split('\n').slice(2, 6);
    const cells = rows.map((row) => row.split(/ {2,}/).slice(0, 3));
    expect(cells).toEqual([
      ['0.1', '0', '0 of 2'],
      ['0.1', '0.5', '0 of 2'],
      ['10', '0', '0 of 2'],
      ['10', '0.5', '2 of 2'],
    ]);
    const { out: json } = await trimtab(BAD_CANARY, ...grid, '--json');
    const { axes, cells: views } = SimulationTableView.parse(JSON.parse(json));
    expect(axes).toEqual(['traffic.rate', 'versions.1.failures']);
    expect(views[3]).toMatchObject({ at: { 'traffic.rate': 10, 'versions.1.failures': 0.5 }, summary: { acted: 2 } });
  });

  it('ends with status 1 when what is expected does not come out, and says what did', async () => {
    const expecting = (expect: unknown) => trimtab({ ...BAD_CANARY, expect });
    expect((await expecting({ acted: { min: 1 }, actedAfterSeconds: { p90: { max: 240 } } })).status).toBe(0);
    const { status, out, err } = await expecting({ actedAfterSeconds: { median: { max: 30 } }, reason: 'slow' });
    expect(status).toBe(1);
    expect(out).toMatch(/actedAfterSeconds, median: at most 30 is expected, received 60/);
    expect(err).toMatch(/2 expectations are not met/);
    expect((await expecting({ acted: { max: 0 } })).err).toMatch(/1 expectation is not met: acted/);
  });

  it.each([
    ['{', /is not JSON/],
    [{ traffic: { rate: 'much' } }, /traffic\.rate: .*received "much"/],
    [
      { versions: [{ name: 'a', failures: [{ from: '1z', value: 3 }] }] },
      /versions\.0\.failures\.0\.value: .*<=1; received 3/,
    ],
    [{ seedz: 1 }, /seedz: unknown field; allowed are: .*seeds, seed/],
    [[], /an object is expected, received \[\]/],
    [
      { events: [{ do: 'release', at: 0, version: 'champion', steps: [1] }] },
      /events\.0\.steps: unknown field; allowed are: do, version, at, afterTakenBack, clockAhead/,
    ],
    [
      { model: { rollout: { margin: 1 } } },
      /rollout\.margin: unknown field; allowed are: steps, stepSeconds, youngDays/,
    ],
    [
      { variants: [{ name: 'a', set: { 'traffic.rte': 1 } }] },
      /variant a is no scenario:\n +traffic\.rte: unknown field/,
    ],
    [
      { variants: [{ name: 'a', set: { 'versions.-1.name': 'x' } }] },
      /variant a: versions\.-1\.name leads to -1 of a list/,
    ],
    ['{"traffic": {"segments": {"__proto__": 0.5}}}', /traffic\.segments\.__proto__: __proto__ is no name/],
    [
      '{"variants": [{"name": "a", "set": {"__proto__": 1}}]}',
      /variants\.0\.set\.__proto__: __proto__ is no name of a field/,
    ],
    [
      { variants: [{ name: 'a', set: { 'traffic.__proto__.rate': 50 } }] },
      /variant a: traffic\.__proto__\.rate: __proto__ is/,
    ],
  ])('refuses %j with the path, what was received and what is allowed', async (content, message) => {
    const { status, err } = await trimtab(content);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });

  it('plays the variants of a file, or one of them', async () => {
    const variants = [
      { name: 'few', set: { 'traffic.rate': 0.1 } },
      { name: 'many', set: { 'traffic.rate': 20 }, expect: { acted: { max: 0 } } },
    ];
    const { status, out } = await trimtab({ ...BAD_CANARY, variants });
    expect(status).toBe(1);
    expect(out).toMatch(/few +1 of 3 +never[\s\S]*many +3 of 3 +60 s/);
    expect(out).toMatch(/many: acted: at most 0 is expected, received 1/);
    const one = await trimtab({ ...BAD_CANARY, variants }, '--variant', 'few');
    expect(one).toMatchObject({ status: 0, out: expect.stringMatching(/bad canary, few: 3 seeds/) });
    expect((await trimtab({ ...BAD_CANARY, variants }, '--variant', 'all')).err).toMatch(/there are: few, many/);
    expect((await trimtab({ ...BAD_CANARY, variants }, '--grid', 'seeds=1')).err).toMatch(/has variants/);
  });

  it('takes what is extreme: no traffic, very much of it, one caller, nothing but failures', async () => {
    const extreme = (traffic: object, more: object = {}) =>
      trimtab({ ...BAD_CANARY, versions: [{ name: 'a' }, { name: 'b', failures: 1 }], traffic, ...more });
    expect((await extreme({ rate: 0 })).out).toMatch(/taken back in 0 of 3/);
    expect((await extreme({ rate: 1e6 })).out).toMatch(/taken back in 3 of 3/);
    expect((await extreme({ rate: 10, callers: { count: 1 } })).status).toBe(0);
    expect((await extreme({ rate: 10 }, { ingestionDelay: '1d' })).out).toMatch(/taken back in 0 of 3/);
    expect((await extreme({ rate: 10, rows: 100_000 }, { truth: { share: 1 } })).status).toBe(0);
  });

  it('shows notes of the file and of variants, and what was refused, in tables too', async () => {
    const content = {
      ...BAD_CANARY,
      warmUp: undefined,
      note: 'of the file',
      versions: [{ name: 'champion' }, { name: 'canary', failures: 1 }],
      events: [
        { do: 'release', at: '-5m', version: 'champion' },
        { do: 'canary', at: 0, version: 'canary' },
        { do: 'promote', at: '15m', version: 'canary' },
      ],
      variants: [{ name: 'plain' }, { name: 'slow', note: 'of slow', set: { 'traffic.rate': 5 } }],
    };
    const { status, out } = await trimtab(content);
    expect(status).toBe(0);
    expect(out).toMatch(/\nNote: of the file\n/);
    expect(out).toMatch(/\nNote of slow: of slow$/);
    expect(out).toMatch(/plain: promote of canary was refused in 3 of 3:\sthere is no canary/);
    const table = SimulationTableView.parse(JSON.parse((await trimtab(content, '--json')).out));
    expect(table).toMatchObject({ note: 'of the file', cells: [{ note: 'of the file' }, { note: 'of slow' }] });

    const one = await trimtab(content, '--variant', 'plain');
    expect(one.out).toMatch(/promote of canary was refused in 3 of 3: there is no canary/);
    const { summary, runs } = SimulationView.parse(
      JSON.parse((await trimtab(content, '--variant', 'plain', '--json')).out),
    );
    const refused = { do: 'promote', version: 'canary', reason: expect.stringMatching(/there is no canary/) };
    expect(summary.refused).toEqual([{ ...refused, seeds: 3 }]);
    expect(runs[0]!.refused).toEqual([{ ...refused, t: 900 }]);
  });

  it('keeps tables within 80 columns, however long names and values are', async () => {
    const short = { ...BAD_CANARY, duration: '1m', seeds: 1 };
    const widthOf = (out: string): number => Math.max(...out.split('\n').map((line) => line.length));
    const variants = [{ name: 'a' }, { name: 'long '.repeat(12).trim() }];
    const { out } = await trimtab({ ...short, variants });
    expect(widthOf(out)).toBeLessThanOrEqual(80);
    expect(out).toMatch(/^1: a\n2: long long/);
    const grid = ['--grid', 'name=a,the name of a scenario that is long', '--grid', 'description=b,of it another'];
    expect(widthOf((await trimtab(short, ...grid)).out)).toBeLessThanOrEqual(80);
  });

  it('tries values of a version by its name', async () => {
    const { status, out } = await trimtab(BAD_CANARY, '--grid', 'versions.canary.failures=0,0.5', '--seeds', '2');
    expect(status).toBe(0);
    expect(out).toMatch(/\n0 +0 of 2[^\n]*\n0\.5 +2 of 2/);
  });

  it('takes a file with a byte-order mark, and segments called like what every object has', async () => {
    const traffic = { rate: 10, segments: { constructor: 0.5 } };
    const { out } = await trimtab(`\uFEFF${JSON.stringify({ ...BAD_CANARY, traffic })}`, '--json');
    const [champion] = SimulationView.parse(JSON.parse(out)).runs[0]!.versions;
    expect(Object.keys(champion!.segments).sort()).toEqual(['', 'constructor']);
    expect(Object).not.toHaveProperty('rows');
  });

  it('counts by true class where there are classes', async () => {
    const classesOf = async (task: string): Promise<unknown> => {
      const { out } = await trimtab({ ...BAD_CANARY, model: { task }, seeds: 1 }, '--json');
      return SimulationView.parse(JSON.parse(out)).runs[0]!.versions[0]!.classes;
    };
    expect(await classesOf('multiclass')).toHaveLength(3);
    expect(await classesOf('regression')).toBeNull();
  });

  it('refuses options that are none', async () => {
    const hidden = ['traffic.rate=1,2', 'traffic.rate=3'].flatMap((axis) => ['--grid', axis]);
    expect((await trimtab(BAD_CANARY, ...hidden)).err).toMatch(/--grid: traffic\.rate leads to the same place/);
    const nowhere = await trimtab(BAD_CANARY, '--grid', 'versions.01.failures=0.01');
    expect(nowhere).toMatchObject({
      status: 2,
      err: expect.stringMatching(/its places, 0 to 2, and its names, champion/),
    });
    expect((await trimtab(BAD_CANARY, '--seeds', 'x')).err).toMatch(/--seeds is a whole number, received 'x'/);
    expect((await trimtab(BAD_CANARY, '--grid', 'rate')).err).toMatch(/path=value,value.*received 'rate'/);
    const axes = ['a=1', 'b=1', 'c=1'].flatMap((axis) => ['--grid', axis]);
    expect((await trimtab(BAD_CANARY, ...axes)).err).toMatch(/2 axes at most, received 3/);
  });
});
