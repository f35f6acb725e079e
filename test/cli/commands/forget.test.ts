import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { ANNA, BERT, Lives } from '../../usecases/privacy/erasure-contract.ts';

describe('trimtab forget, trace and decrypt', () => {
  const folder = temporaryFolder('cli');
  const home = path.join(folder, 'home');
  let lives: Lives;
  beforeAll(async () => {
    const opened = await openLocalHome(home);
    lives = new Lives(opened, 'column');
    await lives.live();
    await opened.close();
  }, 120_000);
  afterAll(() => {
    lives.close();
  });

  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = {
      out: (text: string) => out.push(text),
      err: (text: string) => err.push(text),
      env: { TRIMTAB_ACTOR: 'user:ada' },
    };
    const status = await main(['--home', home, ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }

  it('draws what is known of a prediction, and prints it as JSON', async () => {
    const { status, out } = await run('trace', `${lives.model}-a`);
    expect(status).toBe(0);
    expect(out).toContain(`prediction ${lives.model}-a of ${lives.model}`);
    expect(out).toMatch(/truth of people-column-a: 1, joined, the decision was (right|wrong)/);
    const json = JSON.parse((await run('trace', `${lives.model}-a`, '--json')).out);
    expect(json).toMatchObject({ of: 'prediction', version: { version: 1 }, release: { kind: 'released' } });
    expect(await run('trace', 'nobody', '--days', '0.01')).toMatchObject({ status: 1, out: '' });
  });

  it('opens an envelope, and a whole dataset version, for whoever has the key', async () => {
    const file = path.join(home, `data/datasets/${lives.model}/dataset_version=000001/data.parquet`);
    const customers = (of: string) =>
      withDuck(undefined, (duck) => duck.rows(`SELECT DISTINCT customer FROM read_parquet(${literal(of)})`));
    const [{ customer } = { customer: '' }] = await customers(file);
    const opened = await run('decrypt', String(customer), '--model', lives.model, '--field', 'customer');
    expect([ANNA, BERT]).toContain(opened.out);
    const out = path.join(folder, 'open.parquet');
    expect((await run('decrypt', file, '--model', lives.model, '--out', out)).out).toContain('opened customer');
    expect((await customers(out)).map((row) => row.customer).sort()).toEqual([ANNA, BERT]);
    expect((await run('decrypt', String(customer), '--model', 'other', '--field', 'customer')).err).toContain(
      'not an envelope of customer of other',
    );
  });

  it('opens a joined truth with the keys of labels, and with no other', async () => {
    const opened = await openLocalHome(home);
    const sealed = (await opened.labels()).seal({ owner: 'm', field: 'late of Jb3k' }, '1');
    await opened.close();
    const of = [sealed, '--model', 'm', '--field', 'late of Jb3k'];
    expect(await run('decrypt', ...of, '--truth')).toMatchObject({ status: 0, out: '1' });
    expect((await run('decrypt', ...of)).err).toContain('not an envelope of late of Jb3k of m');
  });

  it('forgets, and says what and what not; exit status 0 also when there is nothing', async () => {
    const dry = await run('forget', '--subject', ANNA, '--dry-run');
    expect(dry.out).toContain('would be erased');
    const done = await run('forget', '--subject', ANNA, '--request', 'T-1');
    expect(done.status).toBe(0);
    expect(done.out).toMatch(/request T-1: erased/);
    expect(done.out).toMatch(/people-column +datasets +3 +12/);
    expect(done.out).toContain(`recorded as ${lives.model} #`);
    expect(done.out).toContain('not reached from here:');
    expect(`${done.out}${done.err}`).not.toContain(ANNA);
    expect((await run('history', lives.model)).out).toMatch(/subject-forgotten .* user:ada +request T-1/);
    expect((await run('forget', '--subject', ANNA)).out).toContain('nothing is kept');
  });

  it.each([
    [['forget']],
    [['forget', '--subject', 'a', '--prediction', 'b']],
    [['forget', '--subject', 'a', '--request', '../x']],
    [['forget', '--subject', 'a', '--model', 'nobody']],
    [['trace']],
    [['trace', 'x', '--days', 'many']],
    [['decrypt', 'enc:v1:AAAA', '--model', 'm']],
    [['decrypt', 'no-such-file', '--model', 'm']],
  ])('answers a usage error with 2 and one line: %j', async (argv) => {
    const { status, err } = await run(...argv);
    expect(status).toBe(2);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('does not write over a file', async () => {
    const out = path.join(folder, 'there.parquet');
    writeFileSync(out, '');
    const { status, err } = await run('decrypt', out, '--model', lives.model, '--out', out);
    expect(status).toBe(2);
    expect(err).toContain('exists');
  });
});
