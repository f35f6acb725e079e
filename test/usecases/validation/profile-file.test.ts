import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { FileRejectedError, UnsupportedFileError } from '../../../usecases/validation/errors.ts';
import { describeLeftOut } from '../../../usecases/validation/file-profile.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const FILES = path.resolve('test/usecases/validation/files');

describe('profileAnyFile', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('profile');
  });
  const fileOf = (name: string, content: string | Buffer): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it('takes a column for numeric when all values that are there are numbers', async () => {
    const { rows, columns } = await profileAnyFile(fileOf('data.csv', 'a,b\n1,x\n,2\n3,\n'));
    expect(rows).toBe(3);
    expect(columns.a).toMatchObject({ kind: 'numeric', missing: 1, min: 1, max: 3 });
    expect(columns.b).toMatchObject({ kind: 'categorical', missing: 1, categories: ['2', 'x'] });
  });

  it('reads records as a validation does, and tells which are none', async () => {
    const profile = await profileAnyFile(path.join(FILES, 'stray-quote.csv'));
    expect(profile.rows).toBe(199);
    expect(profile.leftOut).toEqual([
      { expected: 'a quoted field that is closed, within the lines that a record may take', records: 1, lines: [51] },
    ]);
    expect(describeLeftOut('x.csv', profile)).toEqual([
      '1 record of x.csv left out (line 51): expected a quoted field that is closed, within the lines that a record may take',
    ]);
  });

  it('names the first lines of records that it leaves out', async () => {
    const ragged = Array.from({ length: 8 }, () => '1\n').join('');
    const { rows, leftOut } = await profileAnyFile(fileOf('ragged.csv', `a,b\n1,2\n${ragged}`));
    expect([rows, leftOut]).toEqual([
      1,
      [{ expected: 'as many fields as the header has', records: 8, lines: [3, 4, 5, 6, 7] }],
    ]);
    expect(describeLeftOut('x.csv', { index: false, leftOut })[0]).toContain('(lines 3, 4, 5, 6, 7, …)');
  });

  it.each(['a\tb\n1\tx\n', gzipSync('a\tb\n1\tx\n')])('reads .tsv, and .gz behind it', async (content) => {
    const { columns } = await profileAnyFile(fileOf(typeof content === 'string' ? 'f.tsv' : 'f.tsv.gz', content));
    expect(columns).toMatchObject({ a: { kind: 'numeric', max: 1 }, b: { categories: ['x'] } });
  });

  it('rejects a file of blank lines', async () => {
    await expect(profileAnyFile(fileOf('blank.csv', '\n\n\n'))).rejects.toThrow(FileRejectedError);
  });

  it('reads numbers, and what is missing, as cells are read', async () => {
    const { n } = (await profileAnyFile(path.join(FILES, 'integers.csv'))).columns;
    expect(n).toMatchObject({ kind: 'categorical', missing: 3 });
    expect(n!.kind === 'categorical' && n!.categories).not.toContain('NA');
    const { v } = (await profileAnyFile(path.join(FILES, 'floats.csv'))).columns;
    expect(v).toMatchObject({ kind: 'numeric', min: 1.5, max: 1.7976931348623157e308, missing: 3 });
    const { a } = (await profileAnyFile(fileOf('na.csv', 'a,b\n1,x\nNA,y\n null ,z\n'))).columns;
    expect(a).toMatchObject({ kind: 'numeric', missing: 2, max: 1 });
  });

  it('takes the words for a missing value for text where a contract does', async () => {
    const file = fileOf('countries.csv', 'a,b\nNA,1\nDE,NA\n');
    const { columns } = await profileAnyFile(file, { literalText: true });
    expect(columns).toMatchObject({ a: { missing: 0, categories: ['DE', 'NA'] }, b: { kind: 'numeric', missing: 1 } });
  });

  it('leaves out an index, and takes columns whose names differ by capitals alone', async () => {
    const { index, columns } = await profileAnyFile(fileOf('index.csv', ',a,A\n0,1,x\n1,2,"y\nz"\n'));
    expect(index).toBe(true);
    expect(Object.keys(columns)).toEqual(['a', 'A']);
    expect(columns.A).toMatchObject({ categories: ['x', 'y\nz'] });
  });

  it('reads lines of JSON by the values that are written, and tells which are no rows', async () => {
    const lines = ['{"a":1,"b":"x"}', 'no', '{"a":2.5,"b":"5","later":true}', '', '{"a":NaN,"c":{}}', '{"a":1,"a":2}'];
    const profile = await profileAnyFile(fileOf('lines.jsonl', lines.join('\n')));
    expect(profile.rows).toBe(3);
    expect(profile.columns).toMatchObject({
      a: { kind: 'numeric', missing: 1, min: 1, max: 2.5 },
      // A number in quotes is none, for a contract neither.
      b: { kind: 'categorical', missing: 1, categories: ['5', 'x'] },
      later: { missing: 2, categories: ['true'] },
      c: { categories: ['an object'] },
    });
    expect(describeLeftOut('x.jsonl', profile)).toEqual([
      '1 record of x.jsonl left out (line 2): expected JSON',
      '1 record of x.jsonl left out (line 6): expected each name once',
    ]);
  });

  it.each([
    ['blank.jsonl', '\n\n', 'blank lines only'],
    ['none.jsonl', '[1]\n', 'expected a JSON object, as on line 1'],
    ['empty.jsonl', '', 'the file is empty'],
    ['open.json', '[{"a":1}', 'expected the end of an element on line 1'],
    ['bare.json', '[]', 'the array has no elements'],
    ['values.json', '[[1,2],\n[3,4]]', 'no record is a row: expected a JSON object, as in record 1'],
    ['wide.json', Buffer.from('[{"a":1}]', 'utf16le'), 'the file is UTF-16: expected UTF-8'],
  ])('rejects %s in words', async (name, content, message) => {
    await expect(profileAnyFile(fileOf(name, content))).rejects.toThrow(message);
  });

  it('reads an array of JSON objects as lines of them, and numbers its elements', async () => {
    const profile = await profileAnyFile(fileOf('rows.json', '[{"a":1},\n{"a":\n2}, 7,{"a":null}]'));
    expect([profile.rows, profile.columns.a]).toMatchObject([3, { missing: 1, min: 1, max: 2 }]);
    expect(describeLeftOut('x.json', profile)).toEqual([
      '1 record of x.json left out (record 3): expected a JSON object',
    ]);
  });

  it('takes the delimiter of the header, and says so', async () => {
    const profile = await profileAnyFile(fileOf('semicolons.csv', 'a;b\n1;x,y\n'));
    expect(profile).toMatchObject({ delimiter: ';', columns: { a: { max: 1 }, b: { categories: ['x,y'] } } });
    expect(describeLeftOut('x.csv', profile)[0]).toContain('"file": {"delimiter": ";"}');
    // Two that could be meant are none.
    await expect(profileAnyFile(fileOf('both.csv', 'a;b|c\n1;2|3\n'))).rejects.toThrow('separated by semicolons');
  });

  it.each(['csv', 'jsonl'])('counts few rows of very many columns of .%s as it counts few columns', async (ending) => {
    const cells = (row: number) => [row === 3 ? null : row / 3, row % 2, row === 1 ? 'NA' : `t${row % 3}`, row === 5];
    const table = (copies: number): string => {
      const names = Array.from({ length: copies * 4 }, (_, i) => `c${i}`);
      const rows = Array.from({ length: 40 }, (_, row) => Array.from({ length: copies }, () => cells(row)).flat());
      if (ending === 'csv') return [names, ...rows].map((row) => `${row.join(',')}\n`).join('');
      return rows
        .map((row) => `${JSON.stringify(Object.fromEntries(row.map((cell, i) => [names[i], cell])))}\n`)
        .join('');
    };
    const few = await profileAnyFile(fileOf(`few.${ending}`, table(1)));
    const many = await profileAnyFile(fileOf(`many.${ending}`, table(40)));
    expect(Object.keys(many.columns)).toHaveLength(160);
    expect(few.columns.c0).toMatchObject({ kind: 'numeric', missing: 1 });
    expect(few.columns.c2).toMatchObject({ kind: 'categorical' });
    for (const i of [0, 1, 2, 3, 4, 81, 158, 159]) expect(many.columns[`c${i}`]).toEqual(few.columns[`c${i % 4}`]);
  });

  it('names the endings that it knows when a file has another', async () => {
    const profile = profileAnyFile('data.xlsx');
    await expect(profile).rejects.toThrow(UnsupportedFileError);
    await expect(profile).rejects.toThrow("'data.xlsx' is none of .csv, .tsv, .jsonl, .ndjson, .json, .parquet");
  });
});
