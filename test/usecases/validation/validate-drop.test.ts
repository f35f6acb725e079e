import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { withDuck } from '../../../platform/duckdb/connection.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { releaseRows } from '../../../usecases/quarantine/release-rows.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { findReport } from '../../../usecases/validation/find-reports.ts';
import { redoDrop } from '../../../usecases/validation/redo-drop.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const JULY = 'models/flight-delay/data/2013-07.csv';
const KEY = 'incoming/flight-delay/2013-07.csv';

describe('validateDrop', () => {
  let folder: string;
  let home: LocalHome;
  beforeEach(async () => {
    folder = temporaryFolder('drop');
    home = await openLocalHome(folder);
    await new Registry(home, 'test').register(
      'models/flight-delay/v1',
      await readSignature('models/flight-delay/v1/model.onnx'),
    );
    mkdirSync(path.join(folder, 'data/incoming/flight-delay'), { recursive: true });
    cpSync(JULY, path.join(folder, 'data', KEY));
  });

  const keys = async (prefix: string) => {
    const all: string[] = [];
    for await (const { key } of home.data.list(prefix)) all.push(key);
    return all;
  };
  const json = async (key: string) => JSON.parse(new TextDecoder().decode(await home.data.get(key)));

  it('makes a dataset version, a quarantine and a report of a real month', async () => {
    const report = await validateDrop(home, { key: KEY });
    expect(report).toMatchObject({
      verdict: 'accepted',
      version: 1,
      rows: { records: 9201, accepted: 9111, quarantined: 90 },
    });
    expect(await keys('datasets/flight-delay/dataset_version=000001/')).toEqual(
      ['_claim', '_manifest.json', '_profile.json', '_summary.json', 'data.parquet'].map(
        (f) => `datasets/flight-delay/dataset_version=000001/${f}`,
      ),
    );
    expect(await json('datasets/flight-delay/dataset_version=000001/_manifest.json')).toMatchObject({
      rows: 9111,
      drop: report.drop,
      source: { key: KEY, bytes: 960358 },
    });
    const page = new TextDecoder().decode(await home.data.get(report.places.report));
    expect(page).toContain('9,111 rows are dataset version 1');
    const index = new TextDecoder().decode(await home.data.get('reports/index.html'));
    expect(index).toContain(`href="validation/flight-delay/${report.drop}/report.html"`);
    expect(index).toContain('90 of 9201 quarantined');
    // A page that needs nothing but itself.
    expect(page).not.toMatch(/<script|<link|src=|https?:\/\//);
  });

  it('processes a drop once, however often and at however many places it is delivered', async () => {
    const reports = await Promise.all([1, 2, 3].map(() => validateDrop(home, { key: KEY })));
    // Deliveries at once may each claim a number before one of them is the drop's: the others are gaps.
    const [version, ...others] = new Set(reports.map((report) => report.version));
    expect([typeof version, others]).toEqual(['number', []]);
    expect(reports.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await validateDrop(home, { key: KEY })).toMatchObject({ repeated: true, version });
    expect((await keys('datasets/flight-delay/')).filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
    const events = (await import('node:fs')).readFileSync(path.join(folder, 'events.jsonl'), 'utf8');
    expect(events.match(/"Drop Validated"/g)).toHaveLength(1);
  });

  it('numbers different drops that come at once without a clash', async () => {
    const names = ['a.csv', 'b.csv', 'c.csv'].map((name) => `incoming/flight-delay/${name}`);
    for (const name of names) cpSync(JULY, path.join(folder, 'data', name));
    const reports = await Promise.all(names.map((key) => validateDrop(home, { key })));
    expect(reports.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
  });

  it('takes gzip, and rejects whole what is none', async () => {
    const { readFileSync } = await import('node:fs');
    writeFileSync(path.join(folder, 'data', `${KEY}.gz`), gzipSync(readFileSync(JULY)));
    expect(await validateDrop(home, { key: `${KEY}.gz` })).toMatchObject({ verdict: 'accepted' });
    writeFileSync(path.join(folder, 'data/incoming/flight-delay/bad.csv.gz'), 'not gzip');
    const report = await validateDrop(home, { key: 'incoming/flight-delay/bad.csv.gz' });
    expect(report).toMatchObject({ verdict: 'rejected', version: null });
    // What cannot be processed is kept, with its reason.
    expect(await keys(`${report.places.quarantine}/`)).toEqual([
      `${report.places.quarantine}/rejected.json`,
      `${report.places.quarantine}/source.gz`,
    ]);
  });

  it('rejects a drop for which there is no contract, and keeps it', async () => {
    await home.data.put('incoming/unknown/x.csv', 'a\n1\n');
    const report = await validateDrop(home, { key: 'incoming/unknown/x.csv' });
    expect(report.rejection?.reason).toContain('dataset unknown has no contract');
    expect(report).toMatchObject({
      rows: { records: 1, quarantined: 1 },
      lines: { total: 2, header: 1, quarantined: 1 },
    });
    expect(await json(`${report.places.quarantine}/rejected.json`)).toMatchObject({ rule: 'schema' });
  });

  it('takes a contract of the dataset itself', async () => {
    await home.data.put(
      'contracts/other.json',
      JSON.stringify({
        contract: { features: [{ name: 'a', type: 'integer', min: 2 }], file: { maxQuarantinedShare: 1 } },
      }),
    );
    await home.data.put('incoming/other/x.csv', 'a\n1\n2\n');
    expect(await validateDrop(home, { key: 'incoming/other/x.csv' })).toMatchObject({
      rows: { records: 2, accepted: 1, quarantined: 1 },
    });
  });

  it('publishes a drop at the next delivery when it could not at the first', async () => {
    const { bus } = home;
    const deaf = Object.assign(Object.create(bus), { publish: () => Promise.reject(new Error('the bus is down')) });
    await expect(validateDrop({ ...home, bus: deaf }, { key: KEY })).rejects.toThrow('the bus is down');
    for (let i = 0; i < 2; i++) expect(await validateDrop(home, { key: KEY })).toMatchObject({ repeated: true });
    const published = readFileSync(path.join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    expect(published.filter((line) => JSON.parse(line).detailType === 'Drop Validated')).toHaveLength(1);
  });

  describe('under another contract', () => {
    const CONTRACT = (max: number) => ({
      contract: { features: [{ name: 'a', type: 'integer', max }], file: { maxQuarantinedShare: 1 } },
    });
    const key = 'incoming/other/x.csv';
    const put = (max: number) => home.data.put('contracts/other.json', JSON.stringify(CONTRACT(max)));
    beforeEach(async () => {
      await put(1);
      await home.data.put(key, 'a\n1\n2\n3\n');
    });

    it('judges the same drop anew, and says which contract and which verdict were before', async () => {
      const first = await validateDrop(home, { key });
      expect(first).toMatchObject({
        rows: { accepted: 1, quarantined: 2 },
        contract: { source: 'contracts/other.json' },
        follows: null,
        header: 'a',
        by: null,
      });
      await put(2);
      const second = await validateDrop(home, { key });
      expect(second).toMatchObject({ version: 2, rows: { accepted: 2 }, follows: first.drop });
      expect(second.contract!.digest).not.toBe(first.contract!.digest);
      expect(second.drop.slice(0, 20)).toBe(first.drop.slice(0, 20));
      expect(await json('datasets/other/dataset_version=000002/_manifest.json')).toMatchObject({
        contract: second.contract,
        follows: first.drop,
      });
      // Of the former nothing was changed.
      expect(await json(`reports/validation/other/${first.drop}/report.json`)).toEqual(first);
    });

    it('holds to a former contract again when that is the one of today once more', async () => {
      const first = await validateDrop(home, { key });
      await put(2);
      const second = await validateDrop(home, { key });
      await put(1);
      const third = await redoDrop(home, { drop: key, force: false, by: 'user:ada' });
      expect(third).toMatchObject({
        again: true,
        report: { version: 3, rows: first.rows, contract: first.contract, follows: second.drop },
      });
      expect(await validateDrop(home, { key })).toMatchObject({ repeated: true, drop: third.report.drop });
      expect(await findReport(home, key)).toMatchObject({ drop: third.report.drop });
      const rows = { drop: key, lines: undefined, by: 'user:ada', reason: 'right' };
      expect(await releaseRows(home, rows)).toMatchObject({ rows: 2, version: 4 });
    });

    it('judges again what somebody names, by id or key, unless nothing would change', async () => {
      const first = await validateDrop(home, { key });
      expect(await redoDrop(home, { drop: first.drop, force: false, by: 'user:ada' })).toMatchObject({
        again: false,
        report: { drop: first.drop, version: 1 },
      });
      await put(3);
      const redone = await redoDrop(home, { drop: first.drop.slice(0, 20), force: false, by: 'user:ada' });
      expect(redone).toMatchObject({
        again: true,
        report: { version: 2, rows: { accepted: 3, quarantined: 0 }, follows: first.drop, by: 'user:ada' },
        former: { drop: first.drop },
      });
      expect(await redoDrop(home, { drop: key, force: false, by: 'user:ada' })).toMatchObject({ again: false });
      const forced = await redoDrop(home, { drop: key, force: true, by: 'user:ada' });
      expect(forced).toMatchObject({ again: true, report: { version: 3, follows: redone.report.drop } });
      expect(await redoDrop(home, { drop: key, force: true, by: 'user:ada' })).toMatchObject({
        report: { version: 4 },
      });
      await home.data.delete(key);
      const gone = redoDrop(home, { drop: first.drop, force: false, by: 'user:ada' });
      await expect(gone).rejects.toThrow('not there any more');
    });

    it('takes in a drop that was rejected for want of a contract, once there is one', async () => {
      await home.data.delete('contracts/other.json');
      expect(await validateDrop(home, { key })).toMatchObject({ verdict: 'rejected', contract: null });
      await put(3);
      expect(await validateDrop(home, { key })).toMatchObject({ verdict: 'accepted', version: 1 });
    });

    it('is another contract when a field is marked personal', async () => {
      const first = await validateDrop(home, { key });
      const marked = CONTRACT(1);
      Object.assign(marked.contract.features[0]!, { personal: 'omit' });
      await home.data.put('contracts/other.json', JSON.stringify(marked));
      expect(await validateDrop(home, { key })).toMatchObject({ follows: first.drop, personal: { a: 'omit' } });
    });
  });

  it('keeps no verdict where it is not the file that is at fault', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const { download } = home.data;
    home.data.download = async (key, target, version) => {
      const info = await download.call(home.data, key, target, version);
      // Where it would be unpacked to there is no room: a folder that cannot be written stands for a full disk.
      mkdirSync(target.slice(0, -'.gz'.length));
      return info;
    };
    writeFileSync(path.join(folder, 'data', `${KEY}.gz`), gzipSync(readFileSync(JULY)));
    await expect(validateDrop(home, { key: `${KEY}.gz` })).rejects.toThrow(/EISDIR/);
    home.data.download = () => Promise.reject(full);
    await expect(validateDrop(home, { key: KEY })).rejects.toBe(full);
    expect(await keys('reports/')).toEqual([]);
    expect(await keys('quarantine/')).toEqual([]);
  });

  it.each([
    ['csv', () => readFileSync(JULY)],
    ['csv.gz', () => gzipSync(readFileSync(JULY))],
    ['jsonl', () => '{"no": "row"}\n'.repeat(100_000)],
  ])('keeps no verdict of a file for which there is not enough time: %s', async (ending, content) => {
    const key = `incoming/flight-delay/late.${ending}`;
    await home.data.put(key, content());
    await expect(validateDrop(home, { key }, { timeMs: 0 })).rejects.toMatchObject({
      name: 'ResourceExhaustedError',
      resource: 'time',
    });
    for (const place of ['reports/', 'quarantine/', 'datasets/']) expect(await keys(place)).toEqual([]);
    expect(await keys('incoming/')).toContain(key);
  });

  it('says of a contract that is none which file it is, where, what was received and what is allowed', async () => {
    const key = 'contracts/flight-delay.json';
    await home.data.put(key, JSON.stringify({ contract: { features: [{ name: 'a', type: 'text' }], flie: {} } }));
    await expect(validateDrop(home, { key: KEY })).rejects.toThrow(
      new RegExp(
        `^${key}: contract.features.0.type: .*"integer".*, received "text"\\n.*"flie"; allowed: features, .*file$`,
      ),
    );
    await home.data.put(key, '{');
    await expect(validateDrop(home, { key: KEY })).rejects.toThrow(`${key}: is not JSON`);
    expect(await keys('reports/')).toEqual([]);
  });

  it('never mixes rows of one contract with the manifest of another', async () => {
    const contract = (max: number) => ({
      contract: { features: [{ name: 'a', type: 'integer', max }], file: { maxQuarantinedShare: 1 } },
    });
    await home.data.put('incoming/other/x.csv', 'a\n1\n2\n3\n');
    await home.data.put('contracts/other.json', JSON.stringify(contract(1)));
    const upload = home.data.upload.bind(home.data);
    home.data.upload = async (key, ...rest) => {
      const done = await upload(key, ...rest);
      if (key.endsWith('data.parquet')) throw new Error('killed');
      return done;
    };
    await expect(validateDrop(home, { key: 'incoming/other/x.csv' })).rejects.toThrow('killed');
    home.data.upload = upload;
    await home.data.put('contracts/other.json', JSON.stringify(contract(2)));
    const { version } = await validateDrop(home, { key: 'incoming/other/x.csv' });
    // The number of the work that was broken off is a gap.
    expect(version).toBe(2);
    expect(await json('datasets/other/dataset_version=000002/_manifest.json')).toMatchObject({ rows: 2 });
    expect(await keys('datasets/other/dataset_version=000001/')).not.toContain(
      'datasets/other/dataset_version=000001/_manifest.json',
    );
  });

  it('never claims for personal columns what was not done with them', async () => {
    const features = [{ name: 'a', type: 'integer' }];
    const contract = { features, data: { extra: ['email'], personal: { email: 'hash' } } };
    await home.data.put('contracts/other.json', JSON.stringify({ contract }));
    await home.data.put('incoming/other/x.csv', 'a,email\n1,ada@example.org\n');
    const upload = home.data.upload.bind(home.data);
    home.data.upload = async (key, ...rest) => {
      const done = await upload(key, ...rest);
      if (key.endsWith('data.parquet')) throw new Error('killed');
      return done;
    };
    const locked = { ...home, privacy: () => Promise.reject(new Error('no secret')) };
    await expect(validateDrop(locked, { key: 'incoming/other/x.csv' })).rejects.toThrow('killed');
    home.data.upload = upload;
    const { version } = await validateDrop(home, { key: 'incoming/other/x.csv' });
    const { personal } = await json(`datasets/other/dataset_version=00000${version}/_manifest.json`);
    expect(personal).toEqual({ email: 'hash' });
    const parquet = path.join(folder, `data/datasets/other/dataset_version=00000${version}/data.parquet`);
    const columns = await withDuck({}, (duck) => duck.rows(`DESCRIBE SELECT * FROM '${parquet}'`));
    // The last is of the folder's name.
    expect(columns.map(({ column_name }) => column_name)).toEqual(['a', 'email', 'dataset_version']);
  });

  it('does not judge a file that comes shorter than the event told', async () => {
    await expect(validateDrop(home, { key: KEY, bytes: 960_359 })).rejects.toThrow(
      `${KEY} came with 960358 bytes, the event told of 960359`,
    );
  });

  it('leaves nothing behind in the temporary folder', async () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = path.join(folder, 'tmp');
    mkdirSync(process.env.TMPDIR);
    try {
      await validateDrop(home, { key: KEY });
      expect(readdirSync(process.env.TMPDIR)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });
});
