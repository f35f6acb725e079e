import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { modelSchema } from '../../scripts/docs/json-schemas.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MODEL = 'models/flight-delay';

describe('trimtab', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('cli');
  });

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const status = await main(['--home', path.join(folder, 'home'), ...argv], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada' },
    });
    return { status, out: out.join('\n'), err: err.join('\n') };
  }
  const json = async (...argv: string[]) => JSON.parse((await run(...argv, '--json')).out);

  it('vouches for a history, and finds what was changed in it behind its back', async () => {
    await run('register', `${MODEL}/v1`);
    await run('approve', 'flight-delay', '1');
    await run('release', 'flight-delay', '1');
    const clean = await run('history', 'flight-delay', '--verify');
    expect(clean).toMatchObject({ status: 0, err: '' });
    expect(clean.out).toMatch(
      /3 entries are as they were written; head [0-9a-f]{64}\nsealed with the key of the home; \d+ held against anchors$/,
    );

    const file = (number: number) => path.join(folder, 'home', 'ledger', 'flight-delay', `00000000${number}.json`);
    const change = (number: number, from: string, to: string): void => {
      const text = readFileSync(file(number), 'utf8');
      expect(text).toContain(from);
      writeFileSync(file(number), text.replace(from, to));
    };
    change(2, 'user:ada', 'user:eve');
    expect(await json('history', 'flight-delay', '--verify')).toMatchObject({
      faults: [
        { entry: 2, fault: 'it is not what it was when entry 3 was appended' },
        { entry: 2, fault: 'it is not what the anchor says that is kept of it' },
        { entry: 2, fault: 'it is not what was sealed' },
      ],
    });
    change(2, 'user:eve', 'user:ada');
    // The last entry has no other behind it, but it is sealed, and its release is kept beside the ledger.
    change(3, '"champion": 1', '"champion": null');
    const forged = await run('history', 'flight-delay', '--verify');
    expect(forged).toMatchObject({
      status: 1,
      err: 'trimtab: the ledger of flight-delay is not as it was written: 3 faults',
    });
    expect(forged.out).toContain('its state is not the release that is kept of it');
  });

  it('freezes automation until a time that may be one, and says which may', async () => {
    await run('register', `${MODEL}/v1`);
    const frozen = await run('freeze', 'flight-delay', '--until', '2h', '--reason', 'work at the network');
    expect(frozen).toMatchObject({ status: 0, err: '' });
    expect(frozen.out).toMatch(/^flight-delay #2: frozen until \d{4}-.*Z; nothing is released$/m);
    expect(frozen.out).toContain("undo  trimtab unfreeze flight-delay --reason 'undoes entry 2'");
    expect((await run('status')).out).toMatch(/frozen {6}until .* by user:ada at .*: work at/);
    const past = await run('freeze', 'flight-delay', '--until', '2020-01-01T00:00Z', '--reason', 'r');
    expect(past.status).toBe(2);
    expect(past.err).toMatch(
      /^trimtab: --until: a freeze lasts for a duration such as .* received '2020.*': it is past$/,
    );
    const shorter = (await run('freeze', 'flight-delay', '--until', '1h', '--reason', 'r')).err;
    expect(shorter).toMatch(/shorter than the freeze until \d{4}.*Z by user:ada: work at the network$/);
    expect(await run('freeze', 'flight-delay', '--until', '2h', '--reason', ' ')).toMatchObject({
      status: 2,
      err: 'trimtab: --reason is a text that says why, received none',
    });
    expect(await run('unfreeze', 'flight-delay', '--reason', 'done')).toMatchObject({ status: 0 });
    expect(await run('unfreeze', 'flight-delay', '--reason', 'done')).toMatchObject({
      status: 1,
      err: 'trimtab: automation is not frozen',
    });
  });

  it('prints reasons on a line of their own, whatever a terminal would make of them', async () => {
    const reason = 'fine\u001b[2J\n3  2026-01-01 00:00:00  released';
    await run('register', `${MODEL}/v1`);
    await run('approve', 'flight-delay', '1', '--reason', reason);
    const { out } = await run('history', 'flight-delay');
    expect(out.split('\n')).toHaveLength(4);
    expect(out).toContain('fine\\u001b[2J\\n3  2026');
    expect((await json('history', 'flight-delay')).entries[1].reason).toBe(reason);
    expect((await run('history', 'no\u001b[2J')).err).not.toContain('\u001b');
  });

  it('registers a changed manifest as a version, and says what has changed', async () => {
    await run('register', `${MODEL}/v1`);
    const changed = path.join(temporaryFolder('changed'), 'v1');
    cpSync(`${MODEL}/v1`, changed, { recursive: true });
    const file = path.join(changed, 'model.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, decision: { ...manifest.decision, threshold: 0.77 } }));
    const { status, out } = await run('register', changed);
    expect(status).toBe(0);
    expect(out).toContain('flight-delay 2 registered\n');
    expect(out).toContain('changed   the graph is that of version 1');
    expect(out).toContain(`decision.threshold: ${manifest.decision.threshold} → 0.77`);
    const diff = await run('contract', 'diff', 'flight-delay@1', changed);
    expect(diff.out).toContain('are the same');
    manifest.contract.features[0].unit = 'furlong';
    writeFileSync(file, JSON.stringify(manifest));
    const { path: at, ...values } = (await json('contract', 'diff', 'flight-delay@2', changed)).changes[0];
    expect(at).toBe(`contract.features.${manifest.contract.features[0].name}.unit`);
    expect(values).toMatchObject({ after: 'furlong' });
    expect((await run('contract', 'diff', 'nowhere', changed)).err).toContain('MODEL@N');
  });

  it('takes a model from its folder to a canary and back', async () => {
    expect((await run('register', `${MODEL}/v1`)).out).toContain('flight-delay 1 registered');
    expect(await json('register', `${MODEL}/v1`)).toMatchObject({ existed: true, version: 1 });
    await run('register', `${MODEL}/v2`);
    expect(await run('release', 'flight-delay', '1')).toMatchObject({
      status: 1,
      err: 'trimtab: version 1 is not approved; approved: none',
    });
    await run('approve', 'flight-delay', '1', '--reason', 'read its card');
    await run('approve', 'flight-delay', '2');
    expect((await run('release', 'flight-delay', '1')).out).toContain('version 1 has all the traffic');
    const canary = await run('release', 'flight-delay', '2', '--canary', '--steps', '0.1,1');
    expect(canary.out).toContain('version 1 has 90 %, version 2 10 % of the traffic');
    const between = new Date().toISOString();
    expect((await run('rollback', 'flight-delay', '--reason', 'no good')).out).toContain('canary-aborted');
    expect(await json('status', 'flight-delay')).toMatchObject({
      models: [
        {
          model: 'flight-delay',
          release: { champion: 1, challengers: [], quarantined: [{ version: 2, reason: 'no good' }] },
        },
      ],
    });
    expect((await run('release', 'flight-delay', '2')).err).toContain('version 2 is quarantined (no good)');
    const history = (await json('history', 'flight-delay')).entries as { kind: string; actor: string }[];
    expect(history.map(({ kind }) => kind)).toEqual([
      'registered',
      'registered',
      'approved',
      'approved',
      'released',
      'canary-started',
      'canary-aborted',
    ]);
    expect(history[2]?.actor).toBe('user:ada');
    expect(await json('history', 'flight-delay', '--at', between)).toMatchObject({
      entry: { state: { champion: 1, challengers: [{ version: 2, weight: 0.1 }] } },
    });
    expect((await run('history', 'flight-delay', '--at', '2000-01-01')).status).toBe(1);

    await run('lift', 'flight-delay', '2', '--reason', 'mended');
    const test = await run('release', 'flight-delay', '2', '--ab', '--weight', '0.3', '--effect', '0.03');
    expect(test.out).toContain('test-started (version 2); version 1 has 70 %, version 2 30 % of the traffic');
    const { out } = await run('status', 'flight-delay');
    expect(out).toMatch(/challenger +2 .* 30 %\n +A\/B test: is PredictionError lower by 3 points or more\?/);
    expect(out).toContain('0 of 30 periods with samples of both are there');
  });

  it('writes a model folder from a graph and data that can be registered and is served', async () => {
    const target = path.join(folder, 'made');
    const init = ['init', '--model', `${MODEL}/v1/model.onnx`, '--data', `${MODEL}/data/traffic-spring.csv`];
    const columns = ['--id', 'flight_id', '--time', 'scheduled', '--label', 'late', '--threshold', '0.35'];
    const made = await run(...init, '--name', 'made', '--out', target, ...columns);
    expect(made.err).toBe('');
    expect(made.out).toContain('17 features, baseline of 10000 rows');
    expect(made.out).toContain('wrong on 23.2 % of 10000 labelled rows');
    expect(await run(...init, '--name', 'made', '--out', target)).toMatchObject({ status: 2 });
    const manifest = JSON.parse(readFileSync(path.join(target, 'model.json'), 'utf8'));
    expect(manifest.contract.features.find((f: { name: string }) => f.name === 'origin')).toMatchObject({
      type: 'string',
      allowed: ['EWR', 'JFK', 'LGA'],
    });
    expect((await run('register', target)).status).toBe(0);
    await run('approve', 'made', '1');
    await run('release', 'made', '1');

    const runtime = await startLocalRuntime({ home: path.join(folder, 'home'), port: 0 });
    try {
      const answer = await json('predict', 'made', '--data', `${MODEL}/data/traffic-spring.csv`, '--limit', '3');
      expect(answer.outputs.find((o: { name: string }) => o.name === 'probabilities').data).toHaveLength(6);
      expect((await run('predict', 'other', '--data', `${MODEL}/data/traffic-spring.csv`)).status).toBe(1);
    } finally {
      await runtime.close();
    }
    expect((await run('predict', 'made', '--data', `${MODEL}/data/traffic-spring.csv`)).err).toContain(
      'no endpoint is running',
    );
  });

  it('validates files: exit status 0 accepted, 1 rejected', async () => {
    const good = await json('validate', `${MODEL}/data/2013-07.csv`, '--contract', `${MODEL}/v1`);
    expect(good).toMatchObject({ verdict: 'accepted', rows: { records: 9201, accepted: 9111, quarantined: 90 } });
    expect(readFileSync(good.report, 'utf8')).toContain('<h1>Data validation: 2013-07.csv</h1>');
    for (const name of readdirSync(path.dirname(good.report)))
      expect(statSync(path.join(path.dirname(good.report), name)).mode & 0o777, name).toBe(0o600);
    const bad = path.join(folder, 'bad.csv');
    writeFileSync(bad, 'a;b\n1;2\n');
    const rejected = await run('validate', bad, '--contract', `${MODEL}/v1`);
    expect(rejected.status).toBe(1);
    expect(rejected.out).toContain('columns are separated by semicolons, expected commas');
  });

  it('finds drift in a file: exit status 1', async () => {
    const summer = await run('drift', '--file', `${MODEL}/data/traffic-summer.csv`, '--baseline', `${MODEL}/v1`);
    expect(summer.status).toBe(1);
    expect(summer.out).toMatch(/temp +drift/);
    const page = /^report: (.*)$/m.exec(summer.out)![1]!;
    expect(readFileSync(page, 'utf8')).toContain('<h1>Drift: flight-delay</h1>');
    const spring = await run('drift', '--file', `${MODEL}/data/traffic-spring.csv`, '--baseline', `${MODEL}/v1`);
    expect(spring.status).toBe(0);
  });

  it('profiles a file', async () => {
    const profile = await json('profile', `${MODEL}/data/traffic-storm.csv`);
    expect(profile.rows).toBe(4723);
    expect(profile.columns.temp).toMatchObject({ kind: 'numeric', missing: 0 });
    expect(profile.columns.origin).toMatchObject({ kind: 'categorical', categories: expect.arrayContaining(['JFK']) });
  });

  it.each([
    [['frobnicate']],
    [['status', '--colour']],
    [['status', 'nobody']],
    [['approve', 'm', 'one']],
    [['release', 'm', '1', '--canary', '--shadow']],
    [['validate', 'no-such-file.csv', '--model', 'm']],
    [['profile', 'README.md']],
    [['register', 'no-such-folder']],
    [['history', 'm', '--at', 'noon']],
    [['init']],
  ])('answers a usage error with 2 and one line: %j', async (argv) => {
    const { status, err } = await run(...argv);
    expect(status).toBe(2);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('lets one of two people who release at once win, and tells the other', async () => {
    const home = path.join(folder, 'home');
    for (const version of ['v1', 'v2', 'v3']) await run('register', `${MODEL}/${version}`);
    for (const version of ['1', '2', '3']) await run('approve', 'flight-delay', version);
    await run('release', 'flight-delay', '1');
    // Two processes, as two people have; retried until they really meet.
    const exec = promisify(execFile);
    // More than half each: the champion would have nothing left.
    const share = ['--canary', '--steps', '0.6,1'];
    const release = (version: string) =>
      exec(process.execPath, ['bin/trimtab.mjs', '--home', home, 'release', 'flight-delay', version, ...share]).then(
        () => ({ status: 0, err: '' }),
        (error: { code: number; stderr: string }) => ({ status: error.code, err: error.stderr }),
      );
    const both = await Promise.all([release('2'), release('3')]);
    expect(both.map(({ status }) => status).sort()).toEqual([0, 1]);
    const loser = both.find(({ status }) => status === 1)!;
    // Either the write was lost, or the winner's canary was seen already: both are clear refusals.
    expect(loser.err).toMatch(/is at revision \d+, not \d+: read it again|leaves nothing for the champion/);
  });

  it('has a file of its own for every command, named like it', async () => {
    const lines: string[] = [];
    const io = { out: (text: string) => lines.push(text), err: (text: string) => lines.push(text), env: {} };
    expect(await main(['--help'], io)).toBe(0);
    const commands = [...lines.join('\n').matchAll(/^ {2}([a-z]+) (?:\[options\]|<|\[)/gm)].map(([, name]) => name!);
    const files = readdirSync('cli/commands').map((file) => file.replace(/\.ts$/, ''));
    expect(commands.filter((name) => name !== 'help').sort()).toEqual(
      files.filter((name) => !['change-release', 'release-options'].includes(name)).sort(),
    );
  });

  it('publishes the schema that the manifest is parsed by', () => {
    expect(readFileSync('schemas/model.schema.json', 'utf8')).toBe(modelSchema());
  });

  it('ends as it would have when nobody reads what it prints any more', async () => {
    const child = spawn(process.execPath, ['bin/trimtab.mjs', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });
});
