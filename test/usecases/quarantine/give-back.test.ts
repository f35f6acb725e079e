import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LineRanges } from '../../../core/quarantine/line-ranges.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import type { LocalHome } from '../../../platform/local/home.ts';
import { clearAfterKilled } from '../../../usecases/quarantine/clear-after-killed.ts';
import { exportRows } from '../../../usecases/quarantine/export-rows.ts';
import { listRows } from '../../../usecases/quarantine/list-rows.ts';
import { putBackRows } from '../../../usecases/quarantine/put-back-rows.ts';
import { releaseRows } from '../../../usecases/quarantine/release-rows.ts';
import { showRows } from '../../../usecases/quarantine/show-rows.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { CONTRACT, FILE, homeWith, json, judged, KEY, keysUnder, putContract } from './fixture.ts';

const by = 'user:ada';

function fileOf(text: string, name = 'mended.csv'): string {
  const file = path.join(temporaryFolder('mended'), name);
  writeFileSync(file, text);
  return file;
}

const exported = async (home: LocalHome, drop: string, rest: { reasons?: boolean; name?: string } = {}) => {
  const out = path.join(temporaryFolder('export'), rest.name ?? 'rows.csv');
  await exportRows(home, { drop, out, lines: undefined, reasons: rest.reasons ?? false });
  return { out, text: readFileSync(out, 'utf8') };
};

/** Rows of a dataset version. */
const version = (home: LocalHome, number: number) =>
  withDuck(undefined, (duck) =>
    duck.rows(
      `SELECT * EXCLUDE dataset_version FROM read_parquet(${literal(path.join(home.folder, `data/datasets/other/dataset_version=00000${number}/data.parquet`))})`,
    ),
  );

const release = (home: LocalHome, drop: string, lines: string | undefined, reason = 'they are right') =>
  releaseRows(home, { drop, lines: lines === undefined ? undefined : LineRanges.parse(lines), by, reason });

const putBack = (home: LocalHome, drop: string, file: string, lines?: string) =>
  putBackRows(home, { drop, file, lines: lines === undefined ? undefined : LineRanges.parse(lines), by, reason: null });

describe('rows', () => {
  it('are listed by drop, and shown with all that is wrong with them', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const list = await listRows(home, { dataset: undefined, limit: 10, open: true });
    expect(list).toMatchObject({
      drops: [{ drop, key: KEY, quarantined: 3, states: { open: 3, putBack: 0, accepted: 0 } }],
      more: 0,
    });
    const shown = await showRows(home, { drop, limit: 10 });
    expect(shown.rows.map(({ line, state }) => [line, state]).sort()).toEqual([
      [3, 'open'],
      [5, 'open'],
      [6, 'open'],
    ]);
    expect(await showRows(home, { drop: KEY, rule: 'allowed', limit: 10 })).toMatchObject({ matching: 1 });
    expect(await showRows(home, { drop: drop.slice(0, 20), limit: 1 })).toMatchObject({ matching: 3 });
    await expect(showRows(home, { drop: '../../etc', limit: 1 })).rejects.toThrow('an id has 20 digits');
    await expect(showRows(home, { drop: 'incoming/other/none.csv', limit: 1 })).rejects.toThrow('no file of that key');
  });

  it('are written as they came, mended, and put back: a version that names both files', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const { out, text } = await exported(home, drop);
    expect(text.split('\n').sort()).toEqual(['', 'id,a,b', 'r2,99,z', 'r4,-4,"x"', 'r5,five,x'].sort());
    writeFileSync(out, text.replace('99,z', '9,"two\nlines"').replace('-4', '4'));
    const done = await putBack(home, drop, out);
    expect(done).toMatchObject({ rows: 2, version: 2, lines: '3,5', refusedRows: 1, open: 1 });
    expect(done.refused).toEqual([expect.objectContaining({ line: 6 })]);
    expect((await version(home, 2)).map(({ id, b }) => [id, b]).sort()).toEqual([
      ['r2', 'two\nlines'],
      ['r4', 'x'],
    ]);
    const manifest = await json(home, 'datasets/other/dataset_version=000002/_manifest.json');
    expect(manifest).toMatchObject({
      drop: done.mended,
      rows: 2,
      contract: { source: 'contracts/other.json' },
      returned: { of: drop, number: 1, as: 'put-back', lines: '3,5', by },
    });
    const report = await json(home, `reports/validation/other/${done.mended}/report.json`);
    expect(report).toMatchObject({ mends: drop, version: 2, by });
    expect(await showRows(home, { drop, limit: 10 })).toMatchObject({ states: { open: 1, putBack: 2, accepted: 0 } });
    // What is still wrong is shown of the mended file, too, and counted once.
    expect(await showRows(home, { drop: done.mended!, limit: 10 })).toMatchObject({ mends: drop, matching: 1 });
    expect((await listRows(home, { dataset: 'other', limit: 10, open: false })).drops).toHaveLength(1);
    // The page of all reports tells it from what was dropped, and the drop still says how the dataset stands.
    const index = new TextDecoder().decode(await home.data.get('reports/index.html'));
    const [stands, all] = index.split('All, newest first');
    expect(stands).toContain('3 of 6 quarantined');
    expect(stands).not.toContain('put back');
    expect(all).toMatch(new RegExp(`put back.*2 of 3 mended rows of drop ${drop.slice(0, 20)}`, 's'));
    // Once.
    await expect(putBack(home, drop, out, '3,5,6')).rejects.toThrow(/lines 3,5 .* put back already, by user:ada/);
    await expect(putBack(home, done.mended!, out)).rejects.toThrow(`name ${drop}`);
    expect((await exported(home, drop)).text).toBe('id,a,b\nr5,five,x\n');
  });

  it('are told apart by the line that an export names, wherever they stand in the mended file', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const { text } = await exported(home, drop, { reasons: true });
    const [header, ...rows] = text.trimEnd().split('\n');
    expect(header).toBe('quarantine_line,quarantine_reasons,id,a,b');
    const mended = rows.find((row) => row.startsWith('5,'))!.replace('-4', '4');
    expect(await putBack(home, drop, fileOf(`${header}\n\n${mended}\n`))).toMatchObject({
      rows: 1,
      lines: '5',
      open: 2,
    });
    expect(await version(home, 2)).toEqual([{ id: 'r4', a: 4n, b: 'x' }]);
    await expect(putBack(home, drop, fileOf(`${header}\n4,,r3,3,y\n`))).rejects.toThrow('line 4 of drop');
    await expect(putBack(home, drop, fileOf(`${header}\nx,,r3,3,y\n`))).rejects.toThrow(
      'expected the number of a line',
    );
  });

  it('are refused when it is not known which is which, or the file is another', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    await expect(putBack(home, drop, fileOf('id,a,b\nr5,5,x\n'))).rejects.toThrow('has 1 rows, and 3 rows of drop');
    await expect(putBack(home, drop, fileOf('id;a;b\nr5;5;x\n'), '6')).rejects.toThrow(
      /refused as a whole: .*semicolons/,
    );
    await expect(putBack(home, drop, fileOf('{}', 'a.jsonl'), '6')).rejects.toThrow('come as .csv');
    await expect(putBack(home, drop, fileOf('id,a,b\n'), '6')).rejects.toThrow('has no rows');
    const nothing = await putBack(home, drop, fileOf('id,a,b\nr5,55,x\n'), '6');
    expect(nothing).toMatchObject({ version: null, refusedRows: 1, open: 3 });
    expect(await keysUnder(home, 'datasets/other/dataset_version=000002/')).toEqual([]);
  });

  it('keep the faults of one row from the others of the mended file', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const file = fileOf('id,a,b\nr2,"9,x\nr4,4,"x"\nr5,5,x,more\n');
    const done = await putBack(home, drop, file, '3,5,6');
    expect(done).toMatchObject({ rows: 1, lines: '5', refusedRows: 2 });
    expect(done.refused.map(({ line, mendedLine }) => [line, mendedLine])).toEqual([
      [3, 2],
      [6, 4],
    ]);
  });

  it('that are no records name their lines in an export, and come back when they are mended', async () => {
    const faulty = [
      'oops',
      '"id":"r3","a":3,"b":"x"}',
      '{} tail',
      '\ufeff{"id":"r5","a":5,"b":"x"}',
      '{"id":"r6",',
      '[1]',
    ];
    const lines = ['{"id":"r1","a":1,"b":"x"}', ...faulty, '{}'];
    const home = await homeWith(
      { ...CONTRACT, data: {} },
      `${lines.join('\n')}\n`.replaceAll(/"id":"r\d",?/g, ''),
      'incoming/other/x.jsonl',
    );
    const { drop } = await judged(home, 'incoming/other/x.jsonl');
    const { out, text } = await exported(home, drop, { name: 'rows.jsonl', reasons: true });
    const rows = text.trimEnd().split('\n');
    expect(rows).toHaveLength(7);
    for (const [i, row] of rows.entries()) expect(row).toMatch(`{"quarantine_line":${i + 2},"quarantine_reasons":"`);
    // As it went out nothing of it is good, and nothing of its text was lost or mended on the way.
    expect(await putBack(home, drop, out)).toMatchObject({ version: null, refusedRows: 7 });
    const mended = rows.map((row, i) => {
      if (i === 0) return row.replace('oops', '{"a":2,"b":"x"}');
      if (i === 1) return row.replace('} "a"', ',"a"');
      if (i === 4) return `${row}"a":6,"b":"y"}`;
      return row;
    });
    writeFileSync(out, `${mended.reverse().join('\n')}\n`);
    expect(await putBack(home, drop, out)).toMatchObject({ rows: 3, lines: '2-3,6', refusedRows: 4 });
    expect((await version(home, 2)).map(({ a }) => a)).toEqual([6n, 3n, 2n]);
  });

  it('of another number of fields keep their lines, mended or not', async () => {
    const home = await homeWith(CONTRACT, `${FILE}r7,7,x,more\nr8,"8,x\n`);
    const { drop } = await judged(home);
    const { out, text } = await exported(home, drop, { reasons: true });
    writeFileSync(out, text.replace(',more', ''));
    const done = await putBack(home, drop, out);
    expect(done).toMatchObject({ rows: 1, lines: '8', refusedRows: 4 });
    expect(done.refused.map(({ line }) => line)).toContain(9);
  });

  it('are accepted as they are where they can be read, with who wanted it and why', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const done = await release(home, drop, undefined, 'the sensor was recalibrated');
    expect(done).toMatchObject({ rows: 2, version: 2, lines: '3,5', refusedRows: 1, open: 1 });
    expect(done.refused).toMatchObject([{ line: 6 }]);
    expect((await version(home, 2)).map(({ a }) => a).sort()).toEqual([-4n, 99n]);
    expect(await json(home, 'datasets/other/dataset_version=000002/_manifest.json')).toMatchObject({
      drop,
      returned: { as: 'accepted', of: drop, by, reason: 'the sensor was recalibrated' },
    });
    await expect(release(home, drop, '3')).rejects.toThrow('line 3 of drop');
    await expect(release(home, drop, '4')).rejects.toThrow('line 4 of drop');
    expect(await release(home, drop, undefined)).toMatchObject({ version: null, refusedRows: 1 });
  });

  it('of JSON lines and of Parquet go out as JSON lines, and come back with every digit', async () => {
    const big = '9007199254740993';
    const contract = { ...CONTRACT, data: { id: 'id', extra: ['n', 'f', 'file_row_number'] } };
    const lines = `{"id":"r1","a":1,"b":"x","n":1}\n{"id":"r2","a":99,"b":"x","n":${big}}\n`;
    const home = await homeWith(contract, lines, 'incoming/other/x.jsonl');
    const ofJson = await judged(home, 'incoming/other/x.jsonl');
    const { out, text } = await exported(home, ofJson.drop, { name: 'rows.jsonl', reasons: true });
    expect(text).toContain(big);
    writeFileSync(out, text.replace('"a":99', '"a":9'));
    expect(await putBack(home, ofJson.drop, out)).toMatchObject({ rows: 1, lines: '2' });

    const parquet = path.join(temporaryFolder('parquet'), 'x.parquet');
    await withDuck(undefined, (duck) =>
      duck.run(
        `COPY (SELECT * FROM (VALUES ('r1', 1, 'x', 1, 1), ('r2', 99, 'x', ${big}, 0.1::FLOAT)) t(id, a, b, n, f)) TO ${literal(parquet)} (FORMAT parquet)`,
      ),
    );
    await home.data.upload('incoming/other/x.parquet', parquet);
    const ofParquet = await judged(home, 'incoming/other/x.parquet');
    const rows = await exported(home, ofParquet.drop, { name: 'rows.jsonl' });
    expect(rows.text).toBe(`{"id":"r2","a":99,"b":"x","n":${big},"f":0.1}\n`);
    const shown = async () => (await showRows(home, { drop: ofParquet.drop, limit: 10 })).rows;
    expect(await shown()).toMatchObject([{ line: 2, raw: rows.text.trimEnd() }]);
    expect(await release(home, ofParquet.drop, '2')).toMatchObject({ rows: 1 });
    await home.data.delete('incoming/other/x.parquet');
    expect(await shown()).toMatchObject([{ line: 2, raw: null }]);
    await expect(exported(home, ofParquet.drop, { name: 'rows.jsonl' })).rejects.toThrow(
      /not there any more|is open any/,
    );
  });

  it('of a contract with personal fields cannot be accepted, for no text is kept; mended ones are treated', async () => {
    const contract = { ...CONTRACT, data: { id: 'who', subject: 'who', personal: { who: 'hash' } } };
    const home = await homeWith(contract, FILE.replace('id', 'who'));
    const { drop } = await judged(home);
    const done = await release(home, drop, '3');
    expect(done).toMatchObject({ version: null, refusedRows: 1 });
    expect(done.refused[0]!.reasons[0]!.allowed).toContain('marks personal fields');
    await expect(exported(home, drop)).rejects.toThrow('marks personal fields');
    expect(await putBack(home, drop, fileOf('who,a,b\nr2,9,x\n'), '3')).toMatchObject({ rows: 1, version: 2 });
    const [row] = await version(home, 2);
    expect(row!.who).not.toBe('r2');
    for (const key of await keysUnder(home, 'quarantine/'))
      expect(new TextDecoder().decode(await home.data.get(key)), key).not.toContain('r2');
  });

  it('that are mended may not have the key of a row that is a version already', async () => {
    const contract = { ...CONTRACT, file: { maxQuarantinedShare: 1, unique: ['id'] } };
    const home = await homeWith(contract);
    const { drop } = await judged(home);
    const done = await putBack(home, drop, fileOf('id,a,b\nr1,9,x\nr4,4,x\nr4,5,x\n'), '3,5,6');
    expect(done).toMatchObject({ rows: 1, lines: '5', refusedRows: 2 });
    expect(await putBack(home, drop, fileOf('id,a,b\nr4,9,x\n'), '3')).toMatchObject({ version: null });
  });

  it('of a file that was rejected whole, or judged again since, are not given back there', async () => {
    const home = await homeWith({ ...CONTRACT, file: { maxQuarantinedShare: 0.1 } });
    const rejected = await judged(home);
    expect(rejected.verdict).toBe('rejected');
    await expect(release(home, rejected.drop, '3')).rejects.toThrow(`validate --redo ${rejected.drop}`);
    await putContract(home, CONTRACT);
    const again = await judged(home);
    expect(again.verdict).toBe('accepted');
    await expect(release(home, rejected.drop, '3')).rejects.toThrow();
    expect(await release(home, again.drop, '3')).toMatchObject({ rows: 1 });
  });
});

describe('two people and a kill', () => {
  it('give a row to one of two who want it, and lose none of those that only one wants', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const both = await Promise.allSettled([release(home, drop, '3,5', 'a'), release(home, drop, '3', 'b')]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const others = await Promise.allSettled(both[0]!.status === 'fulfilled' ? [] : [release(home, drop, '5', 'c')]);
    expect(others.every(({ status }) => status === 'fulfilled')).toBe(true);
    const manifests = (await keysUnder(home, 'datasets/other/')).filter((key) => key.endsWith('manifest.json'));
    const lines = await Promise.all(
      manifests.map(async (key) => (await json(home, key)).returned as { lines: string }),
    );
    expect(lines.flatMap((each) => each?.lines.split(',') ?? []).sort()).toEqual(['3', '5']);
  });

  it('different rows at once become two versions', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const both = await Promise.all([release(home, drop, '3'), release(home, drop, '5')]);
    expect(both.map((each) => each.version).sort()).toEqual([2, 3]);
    expect(await showRows(home, { drop, limit: 1 })).toMatchObject({ states: { open: 1, accepted: 2 } });
  });

  it('one key is given to one of two rows that are mended at once', async () => {
    const home = await homeWith({ ...CONTRACT, file: { maxQuarantinedShare: 1, unique: ['id'] } });
    const { drop } = await judged(home);
    const both = await Promise.all([
      putBack(home, drop, fileOf('id,a,b\nr100,1,x\n'), '3'),
      putBack(home, drop, fileOf('id,a,b\nr100,2,x\n'), '5'),
    ]);
    expect(both.map(({ rows }) => rows).sort()).toEqual([0, 1]);
    const second = both.find(({ rows }) => rows === 0)!;
    expect(second).toMatchObject({ version: null, open: 2, refused: [{ reasons: [{ rule: 'duplicate' }] }] });
    // Nor are its rows left where somebody could read them as a version.
    const stored = (await keysUnder(home, 'datasets/other/')).filter((key) => key.endsWith('.parquet'));
    expect(stored).toHaveLength(2);
  });

  it('rows that a killed command left without a manifest are cleared by the next, those of a living one are not', async () => {
    const home = await homeWith();
    const { drop } = await judged(home);
    const folder = (number: number) => `datasets/other/dataset_version=00000${number}`;
    const hourAgo = new Date(Date.now() - 3_600_000);
    const leave = async (number: number, at: Date) => {
      for (const file of ['_claim', 'data.parquet', '_profile.json', '_summary.json']) {
        await home.data.put(`${folder(number)}/${file}`, 'left');
        utimesSync(path.join(home.folder, 'data', folder(number), file), at, at);
      }
    };
    await leave(8, new Date());
    await leave(9, hourAgo);
    utimesSync(path.join(home.folder, 'data', folder(1), 'data.parquet'), hourAgo, hourAgo);
    expect(await release(home, drop, '3')).toMatchObject({ rows: 1 });
    expect(await keysUnder(home, `${folder(9)}/`)).toEqual([`${folder(9)}/_claim`]);
    expect(await keysUnder(home, `${folder(8)}/`)).toHaveLength(4);
    expect(await keysUnder(home, `${folder(1)}/`)).toContain(`${folder(1)}/data.parquet`);
    await leave(9, hourAgo);
    await clearAfterKilled(home, 'other');
    expect(await keysUnder(home, `${folder(9)}/`)).toEqual([`${folder(9)}/_claim`]);
  });

  /** Every write that a return makes, one after the other, is the last before the process is killed. */
  it.each(['accepted', 'put-back'] as const)(
    'leave rows of a return (%s) that was killed either open or given back',
    async (as) => {
      const give = (home: LocalHome, drop: string) =>
        as === 'accepted' ? release(home, drop, '3,5') : putBack(home, drop, fileOf('id,a,b\nr2,2,x\nr4,4,x\n'), '3,5');
      for (let writes = 0; ; writes++) {
        const home = await homeWith();
        const { drop } = await judged(home);
        let left = writes;
        const { put, upload } = home.data;
        const dying = <A extends unknown[], R>(write: (...args: A) => R) =>
          ((...args: A) => {
            if (left-- <= 0) throw new Error('killed');
            return write.apply(home.data, args);
          }) as typeof write;
        Object.assign(home.data, { put: dying(put), upload: dying(upload) });
        const killed = await give(home, drop).then(
          () => false,
          (error: Error) => {
            expect(error.message).toBe('killed');
            return true;
          },
        );
        Object.assign(home.data, { put, upload });
        const { states } = await showRows(home, { drop, limit: 1 });
        const manifests = async () =>
          (await keysUnder(home, 'datasets/other/')).filter((key) => key.endsWith('manifest.json')).length;
        // Whoever looks finishes what was begun: rows are given back exactly when there is a version of them.
        expect(await manifests()).toBe(states.open === 3 ? 1 : 2);
        if (states.open === 3) await give(home, drop);
        else await expect(give(home, drop)).rejects.toThrow('already');
        expect((await showRows(home, { drop, limit: 1 })).states.open).toBe(1);
        expect(await manifests()).toBe(2);
        if (!killed) {
          expect(writes).toBeGreaterThan(5);
          break;
        }
      }
    },
  );
});
