import {
  appendFileSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DropLog } from '../../local-runtime/drop-log.ts';
import { watchDrops } from '../../local-runtime/watch-drops.ts';
import { deadLetterKey, objectLetterId } from '../../platform/dead-letters.ts';
import { type LocalHome, openLocalHome } from '../../platform/local/home.ts';
import type { Interval } from '../../server/lib/interval.ts';
import { redoDrop } from '../../usecases/validation/redo-drop.ts';
import type { DropReport } from '../../usecases/validation/report.ts';
import { validateDrop } from '../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('watchDrops', () => {
  let home: LocalHome;
  let watching: Interval | undefined;
  beforeEach(async () => {
    home = await openLocalHome(temporaryFolder('watch'));
    mkdirSync(path.join(home.folder, 'data/incoming/a'), { recursive: true });
  });
  afterEach(() => watching?.stop());

  const putContract = (text: string) => home.data.put('contracts/a.json', text);
  const file = (name: string) => path.join(home.folder, 'data/incoming/a', name);
  const watch = async (lines: string[] = []): Promise<void> => {
    watching = watchDrops(home, {
      prefix: 'incoming/',
      function: { name: 'validate', run: ({ key, versionId }) => validateDrop(home, { key, versionId }) },
      seconds: 0.02,
      quietSeconds: 1,
      processed: await DropLog.open(path.join(home.folder, 'drops.jsonl')),
      backoffMs: 5,
      log: (line) => lines.push(line),
    });
  };
  /** A whole file that is to be moved into place. */
  const written = async (name: string): Promise<string> => {
    const whole = path.join(home.folder, name);
    await writeFile(whole, 'x\n1\n');
    return whole;
  };
  const keys = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of home.data.list(prefix)) found.push(key);
    return found;
  };
  const reports = async (): Promise<DropReport[]> => {
    const found = (await keys('reports/')).filter((key) => key.endsWith('report.json'));
    return Promise.all(
      found.map(async (key) => JSON.parse(new TextDecoder().decode(await home.data.get(key))) as DropReport),
    );
  };
  const RULES = JSON.stringify({ contract: { features: [{ name: 'x', type: 'integer' }] } });

  it('tries a file again of which not even the letter could be kept, and the others go on', async () => {
    const failing = new Set(['incoming/a/1.csv']);
    const seen: string[] = [];
    // A folder where the letter should be: it can be written no more than on a full disk.
    const letter = path.join(
      home.folder,
      'data',
      deadLetterKey({ function: 'validate', id: objectLetterId('incoming/a/1.csv') }),
    );
    mkdirSync(path.join(letter, 'in-the-way'), { recursive: true });
    watching = watchDrops(home, {
      prefix: 'incoming/',
      function: {
        name: 'validate',
        run: async ({ key }) => {
          seen.push(key);
          if (failing.has(key)) throw new Error('no space left on device');
        },
      },
      seconds: 0.01,
      quietSeconds: 0,
      processed: await DropLog.open(path.join(home.folder, 'drops.jsonl')),
      backoffMs: 1,
      pauseMs: 20,
      log: () => undefined,
    });
    writeFileSync(file('1.csv'), 'x\n1\n');
    writeFileSync(file('2.csv'), 'x\n1\n');
    await vi.waitFor(() => expect(seen.filter((key) => key === 'incoming/a/1.csv').length).toBeGreaterThan(3));
    expect(seen.filter((key) => key === 'incoming/a/2.csv')).toHaveLength(1);
    // Over with every file that goes through, and there again with the next round of the other.
    await vi.waitFor(() => expect(home.bookkeeping.records).toMatchObject([{ what: 'drops', until: null }]));
    failing.clear();
    rmSync(letter, { recursive: true });
    await vi.waitFor(() => expect(home.bookkeeping.troubled).toBe(false));
    expect(readFileSync(path.join(home.folder, 'drops.jsonl'), 'utf8')).toContain('incoming/a/1.csv');
  });

  it('has an upload that pauses judged once, when it is whole', async () => {
    await putContract(RULES);
    await watch();
    writeFileSync(file('slow.csv'), 'x\n1\n');
    for (const piece of ['2\n', '3', '\n']) {
      await sleep(600);
      appendFileSync(file('slow.csv'), piece);
    }
    await vi.waitFor(async () => expect(await reports()).toHaveLength(1), 10_000);
    await sleep(300);
    expect(await reports()).toMatchObject([{ rows: { accepted: 3 } }]);
  }, 30_000);

  it.runIf(process.platform === 'linux')(
    'waits for an upload that pauses for longer, as long as its program has it open, and says so once',
    async () => {
      await putContract(RULES);
      const lines: string[] = [];
      const upload = openSync(file('long.csv'), 'w');
      writeSync(upload, 'x\n1\n');
      // As a client does that sets what the file may before it is whole.
      fchmodSync(upload, 0o640);
      await watch(lines);
      await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
      expect(lines[0]).toBe(
        `validate: incoming/a/long.csv waits: process ${process.pid} still has it open for writing`,
      );
      await sleep(200);
      expect(await reports()).toEqual([]);
      writeSync(upload, '2\n');
      closeSync(upload);
      await vi.waitFor(async () => expect(await reports()).toMatchObject([{ rows: { accepted: 2 } }]), 10_000);
    },
    30_000,
  );

  it('looks at no file with the name of an unfinished upload, until it is renamed', async () => {
    await putContract(RULES);
    const lines: string[] = [];
    await watch(lines);
    const names = ['a.csv.part', 'b.crdownload', 'c.csv.filepart', 'd.TMP', '.e.csv.x8Kd2a'];
    for (const name of names) await rename(await written(name), file(name));
    await vi.waitFor(() => expect(lines).toHaveLength(4), 10_000);
    expect(await reports()).toEqual([]);
    renameSync(file('a.csv.part'), file('a.csv'));
    await vi.waitFor(
      async () => expect(await reports()).toMatchObject([{ source: { key: 'incoming/a/a.csv' } }]),
      10_000,
    );
  }, 30_000);

  it('tries again what fails, keeps a dead letter with the reason and no verdict, until it is dropped again', async () => {
    await putContract('{ no JSON');
    const lines: string[] = [];
    await watch(lines);
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    await vi.waitFor(async () => expect(await keys('dead-letter/')).toHaveLength(1), 10_000);
    const [letter] = await keys('dead-letter/');
    expect(JSON.parse(new TextDecoder().decode(await home.data.get(letter!)))).toMatchObject({
      function: 'validate',
      attempts: 3,
      reason: expect.stringContaining('InvalidContractError: contracts/a.json: is not JSON'),
      event: { key: 'incoming/a/x.csv' },
    });
    expect(lines).toHaveLength(3);
    expect(await keys('reports/')).toEqual([]);
    expect(await keys('quarantine/')).toEqual([]);
    await putContract(RULES);
    await watching!.stop();
    // Another start is no reason to try again what was given up.
    lines.length = 0;
    await watch(lines);
    await sleep(300);
    expect(lines).toEqual([]);
    expect(await keys('dead-letter/')).toEqual([letter]);
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    await vi.waitFor(async () => expect(await keys('dead-letter/')).toEqual([]), 10_000);
    expect(await reports()).toMatchObject([{ verdict: 'accepted' }]);
  }, 30_000);

  it('takes a letter back when somebody has the file judged again', async () => {
    await putContract('{ no JSON');
    await watch();
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    await vi.waitFor(async () => expect(await keys('dead-letter/')).toHaveLength(1), 10_000);
    await putContract(RULES);
    await redoDrop(home, { drop: 'incoming/a/x.csv', force: false, by: 'user:ada' });
    expect(await keys('dead-letter/')).toEqual([]);
  }, 30_000);

  it('judges no file again because it starts again, though the contract has changed', async () => {
    await putContract(RULES);
    await watch();
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    await vi.waitFor(
      () => expect(readFileSync(path.join(home.folder, 'drops.jsonl'), 'utf8')).toContain('x.csv'),
      10_000,
    );
    await watching!.stop();
    await putContract(RULES.replace('"integer"', '"integer","min":2'));
    await watch();
    await sleep(300);
    expect(await reports()).toHaveLength(1);
    // Dropped again, it is.
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    await vi.waitFor(async () => expect(await reports()).toHaveLength(2), 10_000);
  }, 30_000);

  it('says of what was written in place and ends in the middle of a line that it may be cut off', async () => {
    await putContract(RULES);
    writeFileSync(file('cut.csv'), 'x\n1\n23');
    writeFileSync(file('whole.csv'), 'x\n1\n23\n');
    const moved = path.join(home.folder, 'moved.csv');
    writeFileSync(moved, 'x\n1\n23');
    // Writing and moving within one tick of the kernel's clock would look as if it were written in place.
    utimesSync(moved, new Date(0), new Date(0));
    renameSync(moved, file('moved.csv'));
    const lines: string[] = [];
    await watch(lines);
    while ((await reports()).length < 3) await sleep(20);
    expect(lines.filter((line) => line.includes('no line end')).map((line) => line.split(': ')[1])).toEqual([
      'incoming/a/cut.csv',
    ]);
  });

  it('rejects archives and Parquet of which the end is missing', async () => {
    await putContract(RULES);
    const packed = gzipSync('x\n1\n23\n');
    writeFileSync(file('cut.csv.gz'), packed.subarray(0, -9));
    writeFileSync(file('trailer.csv.gz'), packed.subarray(0, -4));
    writeFileSync(file('cut.parquet'), readFileSync('test/fixtures/parquet/checksums.parquet').subarray(0, -100));
    await watch();
    while ((await reports()).length < 3) await sleep(20);
    for (const { source, verdict } of await reports()) expect([source.key, verdict]).toEqual([source.key, 'rejected']);
  });
});
