import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  RestoreTableToPointInTimeCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { openNamedHome } from '../../platform/named-home.ts';
import { MirrorView } from '../../usecases/registry/mirror-view.ts';
import { RestoreView } from '../../usecases/registry/restore-view.ts';
import { Endpoint } from '../../usecases/serving/endpoint.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { createResources } from './resources.ts';

const MODEL = 'flight-delay';
const FOLDER = `models/${MODEL}/v1`;
/** The emulator takes an access key of twelve digits for the account. */
const ACCOUNTS = { staging: '111111111111', prod: '222222222222' };

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: process.env };
  const status = await main(argv, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

interface Shown {
  readonly through: readonly unknown[];
  readonly artifacts: readonly { readonly digest: string }[];
  readonly entries: readonly { readonly evidence: { readonly copied: readonly { readonly environment: string }[] } }[];
  readonly models: unknown;
}

/** The same, which has to succeed: what it prints as JSON. */
async function view(...argv: string[]): Promise<Shown> {
  const { status, out, err } = await trimtab(...argv, '--json');
  expect(err).toMatch(/^(note: [^\n]*)?$/);
  expect(status).toBe(0);
  return JSON.parse(out);
}

describe('A version on its way between accounts', () => {
  const folder = temporaryFolder('accounts');
  const outputs = path.join(folder, 'outputs.json');
  const [laptop, edge, backup] = ['laptop', 'edge', 'backup'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const home = (name: keyof typeof ACCOUNTS): string => `aws:${outputs}#${name}@${name}`;

  beforeAll(async () => {
    const stacks: Record<string, Record<string, string>> = {};
    const profiles: string[] = [];
    for (const [name, account] of Object.entries(ACCOUNTS)) {
      vi.stubEnv('AWS_ACCESS_KEY_ID', account);
      const env = await createResources();
      stacks[`Trimtab-${name}-Stateful`] = Object.fromEntries(
        Object.entries({ ...env, TRIMTAB_ENVIRONMENT: name }).flatMap(([variable, value]) =>
          variable.startsWith('TRIMTAB_') && value !== undefined ? [[variable.replaceAll('_', ''), value]] : [],
        ),
      );
      profiles.push(`[${name}]\naws_access_key_id = ${account}\naws_secret_access_key = test`);
    }
    writeFileSync(outputs, JSON.stringify(stacks));
    writeFileSync(path.join(folder, 'credentials'), `${profiles.join('\n\n')}\n`);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(folder, 'credentials'));
    // Whoever takes these instead of a profile finds neither of the two.
    vi.stubEnv('AWS_ACCESS_KEY_ID', '999999999999');
    await view('register', FOLDER, '--home', laptop);
    await view('approve', MODEL, '1', '--home', laptop, '--reason', 'looked at');
  });
  afterAll(() => vi.unstubAllEnvs());

  it('goes from a folder to one, to another, and to a folder that serves it, by the same digests', async () => {
    const hops = [laptop, home('staging'), home('prod'), edge];
    const digests: unknown[] = [];
    for (const [i, to] of hops.slice(1).entries()) {
      const copied = await view('copy', `${MODEL}@1`, '--from', hops[i]!, '--to', to);
      expect(copied).toMatchObject({ existed: false, to: { version: 1, standing: { is: 'registered' } } });
      expect(copied.through).toHaveLength(i);
      digests.push(copied.artifacts.map(({ digest }) => digest));
      const again = await view('copy', `${MODEL}@1`, '--from', hops[i]!, '--to', to);
      expect(again).toMatchObject({ existed: true, to: { version: 1 } });
      expect(await view('history', MODEL, '--verify', '--home', to)).toMatchObject({ entries: 1, faults: [] });
    }
    expect(new Set(digests.map((each) => JSON.stringify(each))).size).toBe(1);
    // A home that is named is where its tables are, too, whatever variables say.
    const { TRIMTABCAPTURESBUCKET: own } = JSON.parse(readFileSync(outputs, 'utf8'))['Trimtab-prod-Stateful'];
    vi.stubEnv('TRIMTAB_CAPTURES_BUCKET', 'another');
    const there = await openNamedHome(home('prod'));
    await there.captures.put('captures/dt=2026-01-02/hour=03/a.jsonl', '{"trimtab":"capture"}\n');
    await there.close();
    const { out } = await trimtab('tables', '--home', home('prod'));
    expect(out).toContain(`'s3://${own}/captures/'`);
    expect(out).not.toContain('s3://another/');
    expect(out).toMatch(
      /-- a table of this name that is there already stays .*\nCREATE EXTERNAL TABLE IF NOT EXISTS `captures`/,
    );
    const [last] = (await view('history', MODEL, '--home', edge)).entries;
    expect(last!.evidence.copied.map(({ environment }) => environment)).toEqual(['local', 'staging', 'prod']);
    expect((await trimtab('release', MODEL, '1', '--home', edge)).err).toContain('approved');
    await view('approve', MODEL, '1', '--home', edge);
    await view('release', MODEL, '1', '--home', edge);
    const opened = await openLocalHome(edge);
    const endpoint = await Endpoint.open({
      home: opened,
      models: 'all',
      cacheFolder: path.join(folder, 'cache'),
      emit: () => undefined,
    });
    const { contract } = JSON.parse(readFileSync(`${FOLDER}/model.json`, 'utf8')) as {
      contract: { features: { name: string }[] };
    };
    const flight = ['UA', 'EWR', 'CLT', 529, 300, 6, 2, null, 0, null, 32, 53.6, 18.4, 23, 0, 10, 379];
    const instance = Object.fromEntries(contract.features.map(({ name }, i) => [name, [flight[i]]]));
    const answer = await endpoint.handle({
      method: 'POST',
      path: `/v1/models/${MODEL}:predict`,
      query: {},
      headers: {},
      body: Buffer.from(JSON.stringify({ instances: [instance] })),
    });
    expect(answer.status).toBe(200);
    await endpoint.close();
    await opened.close();
  });

  it('is refused where the account has no such home, or no such profile', async () => {
    expect((await trimtab('copy', `${MODEL}@1`, '--from', `aws:${outputs}#staging@prod`, '--to', edge)).status).toBe(2);
    const { status, err } = await trimtab(
      'copy',
      `${MODEL}@1`,
      '--from',
      `aws:${outputs}#staging@nobody`,
      '--to',
      edge,
    );
    expect(status).toBe(2);
    expect(err).toContain('nobody');
    const missing = await trimtab('list', '--home', 'aws:nowhere@prod');
    expect(missing.err).toContain('there is no stack Trimtab-nowhere-Stateful');
  });

  it('is in a backup as it is, with its approval, and comes back from there into an empty home', async () => {
    await view('approve', MODEL, '1', '--home', home('staging'), '--reason', 'looked at');
    await view('release', MODEL, '1', '--home', home('staging'));
    const mirrored = MirrorView.parse(await view('mirror', '--from', home('staging'), '--to', backup));
    expect(mirrored.models).toMatchObject([{ model: MODEL, entries: 3, appended: 3 }]);
    expect((await view('mirror', '--from', home('staging'), '--to', backup)).models).toMatchObject([
      { appended: 0, artifacts: 0 },
    ]);
    // Another account, where nothing is.
    vi.stubEnv('AWS_ACCESS_KEY_ID', '333333333333');
    const env = await createResources();
    for (const [name, value] of Object.entries(env)) if (name.startsWith('TRIMTAB_')) vi.stubEnv(name, value);
    await view('mirror', '--from', backup, '--to', 'aws');
    expect(await view('history', MODEL, '--verify', '--home', 'aws')).toMatchObject({ entries: 3, faults: [] });
    const { models } = await view('status', MODEL, '--home', 'aws');
    expect(models).toMatchObject([{ release: { champion: 1 } }]);
    // From here on it is a ledger of its own.
    await view('freeze', MODEL, '--until', '2h', '--reason', 'tried', '--home', home('staging'));
    await view('freeze', MODEL, '--until', '3h', '--reason', 'tried', '--home', 'aws');
    const two = await trimtab('mirror', '--from', home('staging'), '--to', 'aws');
    expect(two).toMatchObject({ status: 1, err: expect.stringContaining('they are two ledgers') });
  });

  it('is put back as it was, from a table that was restored, and nothing later is lost', async () => {
    const opened = await openNamedHome(home('prod'));
    const { TRIMTABTABLE: TableName } = JSON.parse(readFileSync(outputs, 'utf8'))['Trimtab-prod-Stateful'];
    const client = new DynamoDBClient({ profile: 'prod' });
    // The emulator restores a table as it is now, whatever the time.
    const TargetTableName = `${TableName}-restored`;
    await view('approve', MODEL, '1', '--home', home('prod'));
    const request = { SourceTableName: TableName, TargetTableName, RestoreDateTime: new Date() };
    await client.send(new RestoreTableToPointInTimeCommand(request));
    await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: TargetTableName });
    await view('release', MODEL, '1', '--home', home('prod'));
    const nosuch = await trimtab('restore', 'nosuch', '--home', home('prod'));
    expect(nosuch.err).toContain(`there is no table nosuch beside ${TableName}, the one in use`);
    const restore = ['restore', TargetTableName, '--home', home('prod')];
    expect(RestoreView.parse(await view(...restore))).toMatchObject({
      items: [],
      models: [{ model: MODEL, entries: 2, later: 1, faults: [], live: [] }],
    });

    const at = (sk: string) => ({ pk: { S: `MODEL#${MODEL}` }, sk: { S: sk } });
    const [approved, record] = [at('ENTRY#000000002'), at('VERSION#000001')];
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: approved }));
    const body = { S: Item!.body!.S!.replace('approve by hand', 'as mallory says') };
    await client.send(new PutItemCommand({ TableName, Item: { ...Item, body } }));
    await client.send(new DeleteItemCommand({ TableName, Key: record }));
    const found = await trimtab(...restore, '--json');
    expect(found.status).toBe(1);
    expect(JSON.parse(found.out).items).toEqual([
      { name: `MODEL#${MODEL} ENTRY#000000002`, found: 'another' },
      { name: `MODEL#${MODEL} VERSION#000001`, found: 'none' },
    ]);
    expect(await view(...restore, '--put-back')).toMatchObject({ putBack: 2, models: [{ faults: [], live: [] }] });
    expect(await view('history', MODEL, '--verify', '--home', home('prod'))).toMatchObject({ entries: 3, faults: [] });
    client.destroy();
    await opened.close();
  });
});
