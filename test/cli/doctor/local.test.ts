import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../cli/doctor/doctor-view.ts';
import { folder } from '../../../cli/doctor/local/folder.ts';
import { main } from '../../../cli/main.ts';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { metricLine } from '../../../core/observability/emf.ts';
import { anchorOf } from '../../../core/registry/anchor.ts';
import { Entry } from '../../../core/registry/ledger.ts';
import { startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { digestOf } from '../../../platform/digest.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { processToken } from '../../../platform/process-token.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'models/flight-delay';
const root = temporaryFolder('doctor');
/** A home in which nothing is wrong; each test breaks a copy of it. */
const sound = path.join(root, 'sound');
const home = path.join(root, 'home');

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(argv, { out: (t) => out.push(t), err: (t) => err.push(t), env: {} });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

/** Everything that is not `ok`, with the exit status. */
async function doctor(...argv: string[]): Promise<{ status: number; findings: Finding[] }> {
  const { status, out } = await trimtab('doctor', '--json', '--port', '0', ...argv, '--home', home);
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  return { status, findings: findings.filter((finding) => finding.status !== 'ok') };
}

/** What a sound home without a local runtime, which nobody asks, has to say. */
const QUIET = [
  expect.objectContaining({ name: 'endpoint', status: 'skipped', found: 'no `trimtab up` serves this home' }),
  expect.objectContaining({ name: 'captures of flight-delay', status: 'skipped' }),
];

const files = (...parts: string[]): string[] =>
  readdirSync(path.join(home, ...parts)).filter((name) => !name.startsWith('.'));

/** Removes what is kept of the entries of the model by the end of its name. */
function removeKept(end: string): void {
  const kept = files('artifacts', 'releases', 'flight-delay').filter((name) => name.endsWith(end));
  for (const name of kept) rmSync(path.join(home, 'artifacts', 'releases', 'flight-delay', name));
}

describe('trimtab doctor on a folder', () => {
  beforeAll(async () => {
    for (const argv of [
      ['register', `${MODEL}/v1`],
      ['approve', 'flight-delay', '1'],
      ['release', 'flight-delay', '1'],
    ])
      expect((await trimtab(...argv, '--home', sound)).status).toBe(0);
  });
  beforeEach(() => {
    rmSync(home, { recursive: true, force: true });
    cpSync(sound, home, { recursive: true });
  });

  it('tells that a ledger has no seals: it is older than the key, or they were taken away with it', async () => {
    const folderOf = path.join(home, 'ledger/flight-delay');
    let previous: string | undefined;
    for (const name of readdirSync(folderOf)
      .filter((each) => /^\d{9}\.json$/.test(each))
      .sort()) {
      const page = JSON.parse(readFileSync(path.join(folderOf, name), 'utf8')) as { entry: Entry };
      const { seal: _, ...entry } = page.entry;
      if (previous !== undefined) entry.previous = previous;
      previous = anchorOf(Entry.parse(entry), digestOf).digest;
      writeFileSync(path.join(folderOf, name), JSON.stringify({ ...page, entry }));
    }
    for (const name of files('artifacts/releases/flight-delay').filter((each) => each.endsWith('.anchor')))
      rmSync(path.join(home, 'artifacts/releases/flight-delay', name));
    rmSync(path.join(home, 'ledger/unsealed.json'));
    rmSync(path.join(home, 'ledger.key'));
    const none = { name: 'seals of flight-delay', status: 'warn', found: 'none of 3 entries has one' };
    expect((await doctor()).findings).toContainEqual(expect.objectContaining(none));
    expect((await trimtab('register', 'models/flight-delay/v2', '--home', home)).status).toBe(0);
    const before = { ...none, found: 'unsealed before entry 4' };
    expect((await doctor()).findings).toContainEqual(expect.objectContaining(before));
  });

  it('tells that an entry is of the future: the clock of who wrote it was ahead', async () => {
    const ahead = await openLocalHome(home, { now: () => new Date(Date.now() + 2 * 86_400_000) });
    await new Registry(ahead, 'user:eve').apply('flight-delay', { type: 'register', version: 2, reason: 'r' });
    await ahead.close();
    // By a clock that is right again; its time is the future all the same, for times never go back.
    expect((await trimtab('approve', 'flight-delay', '2', '--home', home)).status).toBe(0);
    const { findings } = await doctor();
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: 'times in the ledger of flight-delay',
        status: 'warn',
        found: expect.stringMatching(/^entry 4 \(registered, by user:eve\) is of .*Z, 48 hours ahead$/),
      }),
    );
  });

  it('finds nothing wrong with a home that is sound', async () => {
    const { status, findings } = await doctor();
    expect(findings.filter(({ name }) => name !== 'disk')).toEqual(QUIET);
    expect(status).toBe(0);
  });

  it('shows marks, what was expected, and what to do', async () => {
    rmSync(path.join(home, 'artifacts', 'models'), { recursive: true });
    const { status, out, err } = await trimtab('doctor', '--port', '0', '--home', home);
    expect(status).toBe(1);
    expect(out).toMatch(/^✓ folder permissions {2,}only its user may read and write it$/m);
    expect(out).toMatch(
      /^✗ model file of flight-delay version 1 \(champion\) {2}it is gone\n {2,}expected: \d+ bytes .*\n {2,}to do: put the registered file back/m,
    );
    expect(out).toMatch(/1 thing is wrong, \d worth a look; \d+ fine, 2 not looked at$/);
    expect(err).toMatch(/1 of \d+ things are wrong/);
  });

  /** Breaks one thing, and says how it must be reported. */
  const broken: [string, () => void, Partial<Finding>][] = [
    [
      'an entry that is gone',
      () => rmSync(path.join(home, 'ledger', 'flight-delay', '000000002.json')),
      { name: 'ledger of flight-delay', status: 'fail', found: expect.stringContaining('entry 2: it is missing') },
    ],
    [
      'an entry that was rewritten',
      () => {
        const file = path.join(home, 'ledger', 'flight-delay', '000000002.json');
        const text = readFileSync(file, 'utf8');
        writeFileSync(file, text.replace(/"reason": ?"[^"]*"/, '"reason": "nobody will see"'));
      },
      {
        name: 'ledger of flight-delay',
        status: 'fail',
        found: expect.stringContaining('entry 2: it is not what it was'),
      },
    ],
    [
      'a model file with other content',
      () => writeFileSync(path.join(home, 'artifacts', 'models', files('artifacts', 'models')[0]!), 'no model'),
      {
        name: 'model file of flight-delay version 1 (champion)',
        status: 'fail',
        found: expect.stringMatching(/^8 bytes with digest/),
      },
    ],
    [
      'a baseline that is gone',
      () => rmSync(path.join(home, 'artifacts', 'baselines'), { recursive: true }),
      { name: 'baseline of flight-delay version 1 (champion)', status: 'fail', found: 'it is gone' },
    ],
    [
      'a release that is not kept beside the ledger',
      () => removeKept('.json'),
      { name: 'kept release of flight-delay', status: 'warn', found: 'none', expected: 'revision 3, the ledger’s' },
    ],
    [
      'entries whose anchors are not kept',
      () => removeKept('.anchor'),
      { name: 'anchors of flight-delay', status: 'warn', found: 'none is kept of entries 1, 2, 3' },
    ],
    [
      'a copy among the entries',
      () =>
        cpSync(
          path.join(home, 'ledger/flight-delay/000000002.json'),
          path.join(home, 'ledger/flight-delay/2 copy.json'),
        ),
      { name: 'ledger of flight-delay', status: 'warn', found: 'beside its entries: 2 copy.json: no entry' },
    ],
    [
      'a dead letter',
      () => {
        mkdirSync(path.join(home, 'data', 'dead-letter', 'validate'), { recursive: true });
        writeFileSync(
          path.join(home, 'data', 'dead-letter', 'validate', 'x.json'),
          '{"reason":"Error: the disk is full"}',
        );
      },
      {
        name: 'dead letters',
        status: 'warn',
        found: '1, such as dead-letter/validate/x.json: Error: the disk is full',
      },
    ],
    [
      'a folder that others may read and write',
      () => chmodSync(home, 0o777),
      { name: 'folder permissions', status: 'warn', found: `others may read or write ${home} (mode 777)` },
    ],
    [
      'a writer that was killed',
      () => {
        const { pid } = spawnSync('true');
        mkdirSync(path.join(home, 'data', '.unfinished'), { recursive: true });
        writeFileSync(
          path.join(home, 'data', '.unfinished', `${processToken().replace(/^\d+/, String(pid))}.x`),
          'half',
        );
      },
      { name: 'unfinished files', status: 'warn', found: '1, of processes that are no more' },
    ],
    [
      'a local runtime that was killed',
      () =>
        writeFileSync(
          path.join(home, 'local-runtime.json'),
          JSON.stringify({ url: 'http://127.0.0.1:9', pid: spawnSync('true').pid }),
        ),
      {
        name: 'local-runtime',
        status: 'warn',
        found: expect.stringMatching(/^local-runtime.json names process \d+, which is no more/),
      },
    ],
    [
      'a marker that is damaged',
      () => writeFileSync(path.join(home, 'local-runtime.json'), '{'),
      { name: 'local-runtime', status: 'fail', found: expect.stringContaining('local-runtime.json cannot be read') },
    ],
  ];

  it.each(broken)('reports %s, and nothing else', async (_, damage, expected) => {
    damage();
    const { status, findings } = await doctor();
    const others = findings.filter(({ name, status: s }) => s !== 'skipped' && name !== 'disk');
    expect(others).toEqual([expect.objectContaining(expected)]);
    expect(others[0]?.remedy).toBeTruthy();
    expect(status).toBe(expected.status === 'fail' ? 1 : 0);
  });

  it('reports a ledger that cannot be read, and goes on with what needs none', async () => {
    truncateSync(path.join(home, 'ledger', 'flight-delay', '000000002.json'), 40);
    const { status, findings } = await doctor();
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: 'ledger of flight-delay',
        status: 'fail',
        found: expect.stringContaining('entry 2 of flight-delay cannot be read'),
      }),
    );
    expect(findings.map(({ name }) => name)).toContain('endpoint');
    expect(status).toBe(1);
  });

  it('reports a folder that is not there, and makes none', async () => {
    rmSync(home, { recursive: true });
    const { status, findings } = await doctor();
    expect(findings[0]).toMatchObject({ name: 'folder', status: 'fail' });
    expect(status).toBe(1);
    expect(readdirSync(root)).toEqual(['sound']);
  });

  it('reports an empty registry', async () => {
    rmSync(path.join(home, 'ledger'), { recursive: true });
    expect((await doctor()).findings).toContainEqual(
      expect.objectContaining({ name: 'ledger', status: 'warn', found: 'no model is registered' }),
    );
  });

  it.each([
    [100_000_000, 'fail'],
    [2_000_000_000, 'warn'],
    [50_000_000_000, 'ok'],
  ])('takes %d free bytes for %s', async (bytes, status) => {
    const findings = await folder.look({ folder: home, free: async () => bytes });
    expect(findings.find(({ name }) => name === 'disk')).toMatchObject({ status });
  });

  it('reports a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { findings } = await doctor('--port', String(port));
    server.close();
    expect(findings).toContainEqual(expect.objectContaining({ name: 'port', status: 'warn' }));
  });

  it('reports a local runtime that lives and does not answer', async () => {
    writeFileSync(
      path.join(home, 'local-runtime.json'),
      JSON.stringify({ url: 'http://127.0.0.1:9', pid: process.pid }),
    );
    const { status, findings } = await doctor();
    expect(findings).toContainEqual(expect.objectContaining({ name: 'local-runtime', status: 'fail' }));
    expect(findings).toContainEqual(expect.objectContaining({ name: 'endpoint serves flight-delay', status: 'fail' }));
    expect(status).toBe(1);
  });

  it('sees that a local runtime serves what the ledger says', async () => {
    const runtime = await startLocalRuntime({ home, port: 0 });
    const { status, findings } = await doctor();
    await runtime.close();
    expect(findings.filter(({ name, status: s }) => s !== 'skipped' && name !== 'disk')).toEqual([]);
    expect(status).toBe(0);
  }, 60_000);

  it('reports an endpoint that serves another release than the ledger says', async () => {
    const server = createServer((_, response) =>
      response.end(JSON.stringify({ revision: 2, champion: null, challengers: [] })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      path.join(home, 'local-runtime.json'),
      JSON.stringify({ url: `http://127.0.0.1:${port}`, pid: process.pid }),
    );
    const { findings } = await doctor();
    server.close();
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: 'endpoint serves flight-delay',
        status: 'fail',
        found: 'no version answers, revision 2',
        expected: 'version 1 as champion, revision 3',
      }),
    );
  });

  it('reports captures that do not arrive, and those that do', async () => {
    const open = await openLocalHome(home);
    const at = Date.now() - 20 * 60_000;
    open.metrics.write(
      metricLine({
        environment: 'local',
        model: 'flight-delay',
        variant: 'champion',
        version: 1,
        at,
        values: { Rows: 5 },
      }),
    );
    await open.close();
    const late = await doctor();
    expect(late.findings).toContainEqual(
      expect.objectContaining({
        name: 'captures of flight-delay',
        status: 'fail',
        found: 'none delivered in the last two hours',
      }),
    );
    const hour = hourFolder(new Date().toISOString());
    mkdirSync(path.join(home, 'captures', 'captures', hour), { recursive: true });
    writeFileSync(path.join(home, 'captures', 'captures', hour, 'a.jsonl'), '{}\n');
    expect((await doctor()).findings.filter(({ name }) => name.startsWith('captures'))).toEqual([]);
  });

  it('says in the documentation what it looks at', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    for (const name of [
      'ledger',
      'model files',
      'kept releases',
      'endpoint',
      'captures',
      'dead letters',
      'folder',
      'disk',
      'local-runtime',
      'table',
      'buckets',
      'clock',
      'functions',
      'schedules',
      'alarms',
    ])
      expect(page).toContain(`| ${name} |`);
  });
});
