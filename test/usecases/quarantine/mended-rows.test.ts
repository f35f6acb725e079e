import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LineRanges } from '../../../core/quarantine/line-ranges.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import type { LocalHome } from '../../../platform/local/home.ts';
import { exportRows } from '../../../usecases/quarantine/export-rows.ts';
import { putBackRows } from '../../../usecases/quarantine/put-back-rows.ts';
import { releaseRows } from '../../../usecases/quarantine/release-rows.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { homeWith, judged, putContract } from './fixture.ts';

const by = 'user:ada';
const CONTRACT = {
  features: [
    { name: 'a', type: 'integer', max: 10 },
    { name: 'b', type: 'string', missing: 'allow' },
  ],
  file: { maxQuarantinedShare: 1 },
};

const linesOf = (lines: string | undefined) => (lines === undefined ? undefined : LineRanges.parse(lines));

async function exported(home: LocalHome, drop: string, name = 'rows.csv', reasons = true) {
  const out = path.join(temporaryFolder('export'), name);
  await exportRows(home, { drop, out, lines: undefined, reasons });
  const text = readFileSync(out, 'utf8');
  /** Puts the export back, changed or as it is. */
  const redo = (change: (text: string) => string = (same) => same, lines?: string) => {
    writeFileSync(out, change(text));
    return putBackRows(home, { drop, file: out, lines: linesOf(lines), by, reason: null });
  };
  return { text, redo };
}

const version = (home: LocalHome, number: number, columns = 'a, b') =>
  withDuck(undefined, (duck) =>
    duck.rows(
      `SELECT ${columns} FROM read_parquet(${literal(path.join(home.folder, `data/datasets/other/dataset_version=00000${number}/data.parquet`))}, hive_partitioning = false)`,
    ),
  );

describe('a row that is no record', () => {
  // Good lines part what an export puts side by side.
  const file = `a,b\n5,"x\n${'1,ok\n'.repeat(60)}99,y"\n`;

  it('takes nothing from the row beside it: untouched it stays open, and it is mended where it stands', async () => {
    const home = await homeWith(CONTRACT, file);
    const { drop } = await judged(home);
    const { text, redo } = await exported(home, drop);
    expect(text).toContain('"quarantine_text:5,""x"\n63,a max: at most 10,99,y"\n');
    expect(await redo()).toMatchObject({ version: null, refusedRows: 2, open: 2 });
    const mended = await redo((rows) => rows.replace(',99,', ',9,').replace('5,""x', '6,""x'));
    expect(mended).toMatchObject({ rows: 1, lines: '63', refused: [{ line: 2 }], open: 1 });
    expect(await version(home, 2)).toEqual([{ a: 9n, b: 'y"' }]);
    const { redo: again } = await exported(home, drop, 'again.csv');
    // A spreadsheet gives every row all cells.
    expect(await again((rows) => rows.replace('5,""x"', '5,""x,\ntoo""",'))).toMatchObject({ rows: 1, lines: '2' });
    expect(await version(home, 3)).toEqual([{ a: 5n, b: 'x,\ntoo' }]);
  });

  it('is no row without reasons, either, and none of a single column', async () => {
    const home = await homeWith(CONTRACT, file);
    const { drop } = await judged(home);
    const plain = await exported(home, drop, 'rows.csv', false);
    await expect(plain.redo(undefined, '2')).rejects.toThrow('has 2 rows, and 1 lines were named');
    expect(await plain.redo()).toMatchObject({ version: null, refusedRows: 2 });
    const one = await homeWith({ ...CONTRACT, features: [CONTRACT.features[1]!] }, 'b\n"un\nx\n');
    const row = await exported(one, (await judged(one)).drop, 'rows.csv', false);
    expect(await row.redo()).toMatchObject({ version: null, refusedRows: 1 });
  });

  it('that somebody makes of another does not swallow the next one', async () => {
    const home = await homeWith(CONTRACT, 'a,b\n99,x\n98,y\n');
    const { redo } = await exported(home, (await judged(home)).drop);
    const broken = (rows: string) => rows.replace('99,x', '9,"x').replace('98,y', '98,y"');
    await expect(redo(broken)).rejects.toThrow('line 2 of the mended file runs on over what begins like line 3');
  });

  it('that somebody makes of another does not take in one that was put back meanwhile', async () => {
    const home = await homeWith(CONTRACT, 'a,b\n99,x\n98,y\n');
    const { drop } = await judged(home);
    const { redo } = await exported(home, drop);
    await releaseRows(home, { drop, lines: linesOf('3'), by, reason: 'it is right' });
    const broken = (rows: string) => rows.replace('99,x', '9,"x').replace('98,y', '98,y"');
    await expect(redo(broken)).rejects.toThrow('line 2 of the mended file runs on over what begins like line 3');
  });

  it.each([
    ['\t', 'incoming/other/x.tsv', 'rows.tsv'],
    [' ', 'incoming/other/x.csv', 'rows.csv'],
  ])('has its line where %j divides fields', async (delimiter, key, name) => {
    const rows = 'a,b\n1,x\n99,y\n,,\n3,,\n'.replaceAll(',', delimiter);
    const home = await homeWith({ ...CONTRACT, file: { ...CONTRACT.file, delimiter } }, rows, key);
    const { redo } = await exported(home, (await judged(home, key)).drop, name);
    const done = await redo((text) => text.replace('99', '9'));
    expect(done).toMatchObject({ rows: 1, lines: '3', refused: [{ line: 4 }, { line: 5 }] });
  });
});

describe('columns of a dataset that are called as those of an export', () => {
  const contract = { ...CONTRACT, data: { extra: ['quarantine_line', 'quarantine_reasons'] } };
  const objects = [
    { quarantine_line: 7, quarantine_reasons: 'late', a: 99, b: 'x' },
    { quarantine_line: 3, quarantine_reasons: 'odd', a: 98, b: 'y' },
  ];
  const csv = `quarantine_line, quarantine_reasons,a,b\n${objects.map((row) => Object.values(row).join()).join('\n')}\n`;
  const lines = objects.map((row) => `${JSON.stringify(row)}\n`).join('');

  it.each([
    ['x.csv', csv, false],
    ['x.csv', csv, true],
    ['x.jsonl', lines, false],
    ['x.jsonl', lines, true],
  ])('stay columns of its rows: %s, reasons %#', async (name, text, reasons) => {
    const key = `incoming/other/${name}`;
    const home = await homeWith(contract, text, key);
    const { redo } = await exported(home, (await judged(home, key)).drop, name, reasons);
    expect(await redo((rows) => rows.replace('99', '9').replace('98', '8'))).toMatchObject({ rows: 2, open: 0 });
    expect(await version(home, 2, '*')).toEqual([
      { a: 9n, b: 'x', quarantine_line: '7', quarantine_reasons: 'late' },
      { a: 8n, b: 'y', quarantine_line: '3', quarantine_reasons: 'odd' },
    ]);
  });
});

describe('bytes that are no text', () => {
  it.each([
    ['x.csv', 'a,b\n5,Müller €\xff\n', ','],
    ['x.jsonl', '{"a":5,"b":"Müller €\xff"}\n', '"'],
  ])('are never taken for another one: %s', async (name, text) => {
    const key = `incoming/other/${name}`;
    const home = await homeWith(CONTRACT);
    const bytes = text.split('\xff').map((part) => Buffer.from(part));
    await home.data.put(key, Buffer.concat([bytes[0]!, Buffer.from([0xff]), bytes[1]!]));
    const { drop } = await judged(home, key);
    const rows = await exported(home, drop, name);
    expect(rows.text).toContain('Müller €\ufffd');
    const untouched = await rows.redo();
    expect(untouched).toMatchObject({ version: null, refusedRows: 1 });
    expect(untouched.refused[0]!.reasons[0]!.allowed).toContain('U+FFFD');
    expect(await rows.redo((mended) => mended.replace('\ufffd', '!'))).toMatchObject({ rows: 1 });
    expect(await version(home, 2)).toEqual([{ a: 5n, b: 'Müller €!' }]);
  });

  it('may not be in a mended file', async () => {
    const home = await homeWith(CONTRACT, '{"a":99}\n', 'incoming/other/x.jsonl');
    const { drop } = await judged(home, 'incoming/other/x.jsonl');
    const file = path.join(temporaryFolder('mended'), 'rows.jsonl');
    writeFileSync(file, Buffer.from('{"a":9,"b":"\xff"}\n', 'latin1'));
    const done = await putBackRows(home, { drop, file, lines: undefined, by, reason: null });
    expect(done).toMatchObject({ version: null, refusedRows: 1 });
  });
});

it('that a line of JSON begins with a byte order mark is not mended by its being the first of an export', async () => {
  const key = 'incoming/other/x.jsonl';
  const home = await homeWith(CONTRACT, '{"a":1}\n\ufeff{"a":5}\n', key);
  const { redo } = await exported(home, (await judged(home, key)).drop, 'rows.jsonl', false);
  expect(await redo()).toMatchObject({ version: null, refusedRows: 1 });
});

describe('lines that are named', () => {
  const mended = (home: LocalHome, drop: string, lines: string, text = 'a,b\n8,w\n97,v\n') => {
    const file = path.join(temporaryFolder('mended'), 'rows.csv');
    writeFileSync(file, text);
    return putBackRows(home, { drop, file, lines: linesOf(lines), by, reason: null });
  };

  it('are those of the rows in their order', async () => {
    const home = await homeWith(CONTRACT, 'a,b\n97,v\n98,w\n');
    const { drop } = await judged(home);
    await expect(mended(home, drop, '3,3')).rejects.toThrow('names a line twice');
    const noted = 'quarantine_line,quarantine_reasons,a,b\n2,,9,x\n';
    await expect(mended(home, drop, '3', noted)).rejects.toThrow('of lines 2 of drop');
    expect(await mended(home, drop, '3,2')).toMatchObject({ rows: 1, lines: '3', refused: [{ line: 2 }] });
  });

  it('are exported in the order of the file', async () => {
    const home = await homeWith(CONTRACT, 'a,b\n97,v\n98,w\n');
    const { drop } = await judged(home);
    const out = path.join(temporaryFolder('export'), 'rows.csv');
    const lines = LineRanges.parse('3,2');
    await expect(exportRows(home, { drop, out, lines, reasons: false })).rejects.toThrow('say --lines 2-3');
    expect(await exportRows(home, { drop, out, lines, reasons: true })).toMatchObject({ rows: 2 });
  });
});

describe('the dialect of today', () => {
  it('does not cut rows of before', async () => {
    const file = { delimiter: ';', maxRecordLines: 1 };
    const home = await homeWith(CONTRACT, 'a,b\n99,"l1\nl2"\n98,p;q\n97,x\n');
    const { drop } = await judged(home);
    await putContract(home, { ...CONTRACT, file: { ...CONTRACT.file, ...file } });
    const { text, redo } = await exported(home, drop);
    expect(text).toMatch(/^quarantine_line,quarantine_reasons,a,b\n2,/);
    expect(await redo((rows) => rows.replace('99', '9'))).toMatchObject({ rows: 1, lines: '2', refusedRows: 2 });
    const rest = { drop, lines: undefined, by, reason: 'right' };
    expect(await releaseRows(home, rest)).toMatchObject({ rows: 2, lines: '4-5', refusedRows: 0 });
    expect(await version(home, 3)).toEqual([
      { a: 98n, b: 'p;q' },
      { a: 97n, b: 'x' },
    ]);
  });
});

it('has the texts of rows of a mended file that are still wrong', async () => {
  const home = await homeWith(
    { ...CONTRACT, file: { ...CONTRACT.file, unique: ['b'] } },
    'a,b\n1,k\n97,v\n98,w\n99,x\n',
  );
  const { drop } = await judged(home);
  const { redo } = await exported(home, drop);
  const { mended } = await redo((rows) => rows.replace('97,v', '7,k').replace('98,w', '8').replace('99,x', '9,x'));
  const { text } = await exported(home, mended!);
  expect(text).toMatch(/^3,"?b duplicate:.*,7,k$/m);
  expect(text).toMatch(/^4,"?\(line\) unreadable: .*,8$/m);
});
