import { readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { FileObjectStore } from '../../../platform/local/object-store.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home, ObjectInfo } from '../../../platform/ports.ts';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import type { ForgetView } from '../../../usecases/privacy/forget-view.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const FIXTURE = 'test/fixtures/onnx/pipeline.onnx';
const MODEL = 'small';
const folder = temporaryFolder('objects');
let opened = 0;

/** A store in which something else happens behind every download. */
class BusyStore extends FileObjectStore {
  constructor(
    root: string,
    private readonly meanwhile: (key: string) => Promise<void>,
  ) {
    super(root);
  }

  override async download(key: string, target: string, versionId?: string): Promise<ObjectInfo> {
    const info = await super.download(key, target, versionId);
    await this.meanwhile(key);
    return info;
  }
}

describe('forgetting, object by object', () => {
  let home: Home;
  beforeEach(async () => {
    home = await openLocalHome(path.join(folder, `home-${opened}`));
    const source = path.join(folder, `model-${opened++}`);
    await mkdir(source);
    await copyFile(FIXTURE, path.join(source, 'model.onnx'));
    const manifest = Manifest.parse({
      name: MODEL,
      contract: {
        features: [
          { name: 'carrier', type: 'string' },
          { name: 'distance', type: 'float' },
          { name: 'temperature', type: 'float' },
        ],
        data: { extra: ['customer'], personal: { customer: 'hash' }, subject: 'customer' },
      },
      decision: { task: 'binary', output: 'probabilities', column: 1 },
    });
    writeFileSync(path.join(source, 'model.json'), JSON.stringify(manifest));
    await new Registry(home, 'test').register(source, await readSignature(FIXTURE));
    return () => home.close();
  });

  const drop = (name: string): string => `incoming/${MODEL}/${name}`;
  const text = async (key: string): Promise<string> => new TextDecoder().decode(await home.data.get(key));
  const forgetting = (subject: string, at = home): Promise<ForgetView> => forget(at, { subject, actor: 'test' });

  it('erases truths that name the subject, and none in which a version, a score or a truth looks like it', async () => {
    const key = `quarantine/ground-truth/${MODEL}/2026-01-01.jsonl`;
    const pseudonym = (await home.privacy()).pseudonym('customer', '1');
    const others = [
      { id: 'a', truth: 1, version: 1, score: 1, wrong: null },
      { id: '1', truth: '1', version: 2, score: 0.5, wrong: false },
      { id: 'b', truth: 0, customer: '12' },
      { reason: 'not a number: 1', id: 'c' },
    ].map((line) => JSON.stringify(line));
    const its = [
      JSON.stringify({ id: 'd', truth: 0, subject: pseudonym }),
      JSON.stringify({ id: 'e', truth: 0, customer: 1 }),
      JSON.stringify({ line: 'customer 1 was late', reason: 'not JSON' }),
      'customer 1 was late',
    ];
    await home.data.put(key, `${[...others, ...its].join('\n')}\n`);
    await forgetting('1');
    expect(await text(key)).toBe(`${others.join('\n')}\n`);
  });

  it('keeps a drop whose header names no subject, and names it', async () => {
    const body = 'carrier,distance,temperature\nB6,1,1\nB6,2,1\n';
    await home.data.put(drop('unnamed.csv'), body);
    await home.data.put(drop('headless.csv'), 'B6,1,7\nB6,2,8\n');
    const { unnamed } = await forgetting('1');
    expect(await text(drop('unnamed.csv'))).toBe(body);
    expect(await text(drop('headless.csv'))).toBe('B6,2,8\n');
    expect(unnamed).toEqual([drop('unnamed.csv')]);
  });

  const HEAD = 'carrier,distance,temperature,customer';

  it('loses no write that arrives while the object is looked through', async () => {
    const key = drop('busy.csv');
    await home.data.put(key, `${HEAD}\nB6,1,1,anna\nB6,2,1,bert\n`);
    let arrivals = 0;
    const data = new BusyStore((home.data as FileObjectStore).root, async (of) => {
      if (of === key && arrivals++ === 0) await home.data.put(key, `${HEAD}\nB6,3,1,anna\nB6,4,1,cleo\nB6,5,1,dora\n`);
    });
    await forgetting('anna', { ...home, data });
    expect(arrivals).toBeGreaterThan(1);
    expect(await text(key)).toBe(`${HEAD}\nB6,4,1,cleo\nB6,5,1,dora\n`);
  });

  it('erases no write that arrives while the last row of the object is taken out', async () => {
    const key = drop('busy.csv');
    await home.data.put(key, `${HEAD}\nB6,1,1,anna\n`);
    const data = new BusyStore((home.data as FileObjectStore).root, async () => {
      await home.data.put(key, `${HEAD}\nB6,4,1,cleo\n`);
    });
    await forgetting('anna', { ...home, data });
    expect(await text(key)).toBe(`${HEAD}\nB6,4,1,cleo\n`);
  });

  it('goes on behind an object that cannot be read, names it, and does not call itself finished', async () => {
    const whole = gzipSync(`${HEAD}\n${Array.from({ length: 500 }, (_, i) => `B6,${i},1,c${i}\n`).join('')}`);
    const broken = ['a.parquet', 'b.csv.gz', 'c.parquet.gz', 'd.csv', 'e.jsonl'].map(drop);
    await home.data.put(broken[0]!, 'PAR1 and no more');
    await home.data.put(broken[1]!, whole.subarray(0, whole.length / 2));
    await home.data.put(broken[2]!, gzipSync('PAR1 and no more'));
    await home.data.put(broken[3]!, Buffer.from('\u65e5,customer\n1,anna\n', 'utf16le'));
    await home.data.put(broken[4]!, Buffer.from('{"customer":"anna"}\n', 'utf16le').swap16());
    await home.captures.put('captures/dt=2026-01-01/hour=00/cut.gz', whole.subarray(0, 40));
    await home.data.put(drop('last.csv'), `${HEAD}\nB6,1,1,anna\nB6,2,1,bert\n`);
    const { unread, request } = await forgetting('anna');
    expect(await text(drop('last.csv'))).toBe(`${HEAD}\nB6,2,1,bert\n`);
    expect([...unread].sort()).toEqual([...broken, 'captures/dt=2026-01-01/hour=00/cut.gz'].sort());
    expect(JSON.parse(await text(`erasures/${request}.json`))).toMatchObject({ finished: false });
    for (const key of broken) await home.data.delete(key);
    await home.captures.delete('captures/dt=2026-01-01/hour=00/cut.gz');
    const again = await forget(home, { subject: 'anna', request, actor: 'test' });
    expect(again.unread).toEqual([]);
    expect(JSON.parse(await text(`erasures/${request}.json`))).toMatchObject({ finished: true });
  });

  it('takes rows out of a gzipped Parquet drop as Parquet, and gzips it again', async () => {
    const file = path.join(folder, 'drop.parquet');
    const rows =
      "SELECT * FROM (VALUES ('B6', 1.0, 1.0, 'anna'), ('B6', 2.0, 1.0, 'bert')) t(carrier, distance, temperature, customer)";
    await withDuck(undefined, (duck) => duck.run(`COPY (${rows}) TO ${literal(file)} (FORMAT parquet)`));
    await home.data.put(drop('rows.parquet.gz'), gzipSync(readFileSync(file)));
    await forgetting('anna');
    writeFileSync(file, gunzipSync(await home.data.get(drop('rows.parquet.gz'))));
    const left = await withDuck(undefined, (duck) => duck.rows(`SELECT customer FROM read_parquet(${literal(file)})`));
    expect(left).toEqual([{ customer: 'bert' }]);
  });

  it('finds who is a number in Parquet by the text that a dataset has of it', async () => {
    const file = path.join(folder, 'numbers.parquet');
    const rows =
      "SELECT 'B6' AS carrier, 1.0::DOUBLE AS distance, 1.0::DOUBLE AS temperature, unnest([36, 5])::DOUBLE AS customer";
    await withDuck(undefined, (duck) => duck.run(`COPY (${rows}) TO ${literal(file)} (FORMAT parquet)`));
    await home.data.put(drop('numbers.parquet'), readFileSync(file));
    await forgetting('36');
    writeFileSync(file, await home.data.get(drop('numbers.parquet')));
    const left = await withDuck(undefined, (duck) => duck.rows(`SELECT customer FROM read_parquet(${literal(file)})`));
    expect(left).toEqual([{ customer: 5 }]);
  });

  it('names what it has not looked through: datasets without a contract, and contracts without a subject', async () => {
    await home.data.put('incoming/stray/people.csv', `${HEAD}\nB6,1,1,anna\n`);
    await validateDrop(home, { key: 'incoming/stray/people.csv' });
    const contract = { features: [{ name: 'distance', type: 'float' }] };
    await home.data.put('contracts/silent.json', JSON.stringify({ contract }));
    const { beyond } = await forgetting('anna');
    expect(beyond.filter((sentence) => sentence.includes('not looked through'))).toEqual([
      'silent: its contract names no subject, so it was not looked through',
      'stray: this dataset has no contract, so it was not looked through',
    ]);
  });

  it('keeps no second copy of a drop that no contract knows', async () => {
    await home.data.put('incoming/stray/people.csv', `${HEAD}\nB6,1,1,anna\n`);
    const { places } = await validateDrop(home, { key: 'incoming/stray/people.csv' });
    const kept: string[] = [];
    for await (const { key } of home.data.list(`${places.quarantine}/`)) kept.push(key);
    expect(kept).toEqual([`${places.quarantine}/rejected.json`]);
    expect(JSON.parse(await text(kept[0]!)).copy).toContain('no contract says what is personal');
    expect(await home.data.head('incoming/stray/people.csv')).toBeDefined();
  });
});
