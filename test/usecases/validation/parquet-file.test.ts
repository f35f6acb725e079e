import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { halfDecimal } from '../../../core/model/half.ts';
import { literal, type Row, withDuck } from '../../../platform/duckdb/connection.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow } from '../../../usecases/validation/validation-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const fixture = (name: string): string => path.join(import.meta.dirname, `../../fixtures/parquet/${name}.parquet`);

/** The verdict on a file, rows of its dataset as text, and what is wrong with the others. */
async function judge(file: string, contract: object) {
  const outDir = temporaryFolder('parquet');
  const view = await validateFile(
    file,
    Contract.parse({ features: [], file: { maxQuarantinedShare: 1 }, ...contract }),
    {
      outDir,
      now: new Date(),
    },
  );
  if (view.rejection !== undefined && view.rejection !== null)
    return { rejection: view.rejection.reason, kept: [], refused: [] };
  const kept: Row[] = await withDuck(undefined, (duck) =>
    duck.rows(`SELECT columns(*)::VARCHAR FROM ${literal(path.join(outDir, 'data.parquet'))}`),
  );
  const lines =
    view.rows.quarantined === 0 ? [] : readFileSync(path.join(outDir, 'rows.jsonl'), 'utf8').trim().split('\n');
  const refused = lines
    .map((line) => JSON.parse(line) as QuarantinedRow)
    .flatMap(({ line, reasons }) => reasons.map(({ feature, rule, received }) => [line, feature, rule, received]));
  return { rejection: undefined, kept, refused };
}

/** A file of one column that the engine writes. */
async function written(sql: string): Promise<string> {
  const file = path.join(temporaryFolder('parquet'), 'x.parquet');
  await withDuck(undefined, (duck) => duck.run(`COPY (${sql}) TO ${literal(file)} (FORMAT parquet)`));
  return file;
}

/** A fixture with other bytes in the place of some, each time of those that stand last. */
function fixtureWith(name: string, changes: readonly (readonly [from: string, to: string])[]): string {
  const bytes = readFileSync(fixture(name));
  for (const [from, to] of changes) {
    const at = bytes.lastIndexOf(Buffer.from(from, 'hex'));
    expect(at).toBeGreaterThan(0);
    bytes.write(to, at, 'hex');
  }
  const file = path.join(temporaryFolder('parquet'), 'x.parquet');
  writeFileSync(file, bytes);
  return file;
}

/** The file with other bytes at a place. */
function patched(file: string, at: number, to: Buffer): string {
  const bytes = readFileSync(file);
  to.copy(bytes, at);
  const copy = `${file.slice(0, -'.parquet'.length)}-${at}.parquet`;
  writeFileSync(copy, bytes);
  return copy;
}

describe('Parquet files', () => {
  it('have a single float for the decimal that it stands for, and all digits of a whole one, whatever it is taken for', async () => {
    const file = await written(
      "SELECT unnest(['0.1', '1704164608', '16777216', '0.5']::FLOAT[]) AS a, a AS id, a AS extra, a AS t, 1 AS n",
    );
    const { kept, refused } = await judge(file, {
      features: [
        { name: 'a', type: 'float', allowed: [0.1, 1704164608, 16777216] },
        { name: 'n', type: 'integer' },
      ],
      data: { id: 'id', time: { name: 't', formats: ['epoch-s'] }, extra: ['extra'] },
    });
    expect(kept).toEqual([
      { a: '0.1', id: '0.1', extra: '0.1', t: '1970-01-01 00:00:00.1+00', n: '1' },
      { a: '1704164608.0', id: '1704164608', extra: '1704164608', t: '2024-01-02 03:03:28+00', n: '1' },
      { a: '16777216.0', id: '16777216', extra: '16777216', t: '1970-07-14 04:20:16+00', n: '1' },
    ]);
    expect(refused).toEqual([[4, 'a', 'allowed', '0.5']]);
  });

  it('whose counts contradict each other are refused, for rows of them would be lost in silence', async () => {
    const file = await written('SELECT i AS n FROM range(5000) r(i)');
    // As Thrift writes 5000, and 4872, in heads of pages and in the footer.
    const [is, told] = [Buffer.of(0x90, 0x4e), Buffer.of(0x90, 0x4c)];
    const bytes = readFileSync(file);
    const found = [];
    for (let at = bytes.indexOf(is); at !== -1; at = bytes.indexOf(is, at + 1)) {
      const { rejection } = await judge(patched(file, at, told), { features: [{ name: 'n', type: 'integer' }] });
      found.push(rejection?.replace('not a readable Parquet file', ''));
    }
    expect(found).not.toContain(undefined);
    expect(found).toEqual(
      expect.arrayContaining([
        ', in n: its footer tells of 5000 rows in row group 1, and of 4872 values of them',
        ', in n: its footer tells of 5000 values in row group 1, and its pages of others',
        ': its footer tells of 4872 rows, and of 5000 in its row groups',
        ': its footer tells of 5000 rows, and of 4872 in its row groups',
      ]),
    );
  });

  it('have every value of their pages counted, whatever footer and heads say', async () => {
    const contract = { data: { extra: ['a', 'b'] } };
    expect((await judge(fixture('pages-v2'), contract)).kept).toHaveLength(6);
    expect((await judge(fixture('checksums'), contract)).kept).toHaveLength(3);
    const rejectionOf = async (name: string, ...changes: (readonly [string, string])[]) =>
      (await judge(fixtureWith(name, changes), contract)).rejection?.replace('not a readable Parquet file, in ', '');
    // Thrift writes 3 as 06. Of the footer: values of both columns, rows of the group and of the file.
    const group = [
      ['16061664', '16001664'],
      ['16061648', '16001648'],
      ['16ac011606', '16ac011600'],
      ['160c193c', '1606193c'],
    ] as const;
    expect(await rejectionOf('pages-v2', ...group)).toBe(
      'a: its footer tells of 0 values in row group 3, and its pages of others',
    );
    // Of a head: values, nulls, rows.
    const head = '15061502150615';
    expect(await rejectionOf('pages-v2', [head, '15061506150615'])).toBe(
      'b: the head of a page tells of 3 values and 3 nulls, and its levels of others, in row group 3',
    );
    expect(await rejectionOf('pages-v2', [head, '15061502150415'])).toBe(
      'b: the head of a page tells of 3 values and 2 rows, in row group 3',
    );
    expect(await rejectionOf('pages-v2', [head, '15061502150815'])).toContain('3 values and 4 rows');
    const [x, w] = ['0100000078', '0100000077'];
    expect(await rejectionOf('checksums', [x, w])).toBe('b: a page is not what its checksum says, in row group 1');
    expect(await rejectionOf('pages-v2', [x, w])).toBeUndefined();
  });

  it('have the names of columns that they have themselves', async () => {
    const file = await written('SELECT 1 AS long_name, 2 AS other_one');
    const bytes = readFileSync(file).toString('latin1');
    writeFileSync(file, bytes.replaceAll('other_one', 'long_name'), 'latin1');
    const contract = { features: ['long_name', 'long_name_1'].map((name) => ({ name, type: 'integer' })) };
    expect((await judge(file, contract)).rejection).toBe(
      'missing columns: long_name_1; columns that stand twice: long_name; expected long_name, long_name_1',
    );
    await expect(profileAnyFile(file)).rejects.toThrow('columns that stand twice: long_name');
    writeFileSync(file, bytes.replaceAll('other_one', 'LONG_NAME'), 'latin1');
    expect((await judge(file, contract)).rejection).toContain('columns that the contract does not know: LONG_NAME;');
    expect(Object.keys((await profileAnyFile(file)).columns)).toEqual(['long_name', 'LONG_NAME']);
    writeFileSync(file, bytes.replaceAll('other_one', 'other\0one'), 'latin1');
    const nul = 'the name of column 2 has NUL: expected text without';
    expect((await judge(file, contract)).rejection).toBe(nul);
    await expect(profileAnyFile(file)).rejects.toThrow(nul);
  });

  it('with decimals of more digits than are read exactly are refused, by the name and type of the column', async () => {
    const { rejection } = await judge(fixture('decimal256'), { features: [{ name: 'x', type: 'float' }] });
    expect(rejection).toBe('x is DECIMAL(60, 2): no more than 38 digits are read exactly');
    expect((await judge(fixture('decimal256'), { data: { extra: ['x'] } })).rejection).toContain('DECIMAL(60, 2)');
  });

  it.each([
    ['utc', 'utc', '2024-03-01 08:00:00.123456789+00:00', '1969-12-31 23:59:59.999999999+00:00'],
    ['local', { name: 'local', zone: 'UTC' }, '2024-03-01 08:00:00.123456789', '1969-12-31 23:59:59.999999999'],
  ])('have no times cut: %s', async (name, time, ...cut) => {
    const extra = ['utc', 'local', 'clock'].filter((each) => each !== name);
    const { kept, refused } = await judge(fixture('nanoseconds'), { data: { time, extra } });
    expect(kept.map((row) => row[name])).toEqual(['2024-03-01 08:00:00.123456+00']);
    expect(refused).toEqual([
      [1, name, 'type', cut[0]],
      [3, name, 'missing', 'nothing'],
      [4, name, 'type', cut[1]],
    ]);
  });

  it('have one text for an instant in columns without a type, whatever its unit', async () => {
    const file = await written(
      "SELECT '2024-03-01 08:00:00+00'::TIMESTAMPTZ AS id, '2024-03-01 08:00:00.5+00'::TIMESTAMPTZ AS extra, 'a' AS s",
    );
    const { kept } = await judge(file, { data: { id: 'id', extra: ['extra', 's'] } });
    expect(kept).toEqual([{ id: '2024-03-01 08:00:00+00:00', extra: '2024-03-01 08:00:00.5+00:00', s: 'a' }]);
  });

  it('keep all digits of times in columns without a type', async () => {
    const { kept } = await judge(fixture('nanoseconds'), { data: { extra: ['utc', 'local', 'clock'] } });
    expect(kept).toEqual([
      {
        utc: '2024-03-01 08:00:00.123456789+00:00',
        local: '2024-03-01 08:00:00.123456789',
        clock: '00:00:00.123456789',
      },
      { utc: '2024-03-01 08:00:00.123456+00:00', local: '2024-03-01 08:00:00.123456', clock: '00:00:00.000001' },
      { utc: null, local: null, clock: null },
      { utc: '1969-12-31 23:59:59.999999999+00:00', local: '1969-12-31 23:59:59.999999999', clock: '00:00:00' },
    ]);
  });

  it('have no times of twelve bytes cut', async () => {
    const { kept, refused } = await judge(fixture('int96'), { data: { time: { name: 't', zone: 'UTC' } } });
    expect(kept).toEqual([{ t: '2024-03-01 08:00:00.123456+00' }]);
    expect(refused.map(([line, , rule]) => [line, rule])).toEqual([
      [1, 'type'],
      [3, 'missing'],
      [4, 'type'],
    ]);
    const { kept: texts } = await judge(fixture('int96'), { data: { extra: ['t'] } });
    expect(texts.map(({ t }) => t)).toEqual([
      '2024-03-01 08:00:00.123456789',
      '2024-03-01 08:00:00.123456',
      null,
      '1969-12-31 23:59:59.999999999',
    ]);
  });

  it.each([
    ['epoch-s', 'DOUBLE', ['1709280000.123456', '1709280000.5', '0.000001', '-1'], ['1709280000.1234567', '0.0000001']],
    ['epoch-ms', 'DOUBLE', ['1709280000123.456', '1709280000123'], ['1709280000123.4567', '0.0001']],
    ['epoch-s', 'FLOAT', ['0.1', '16777216'], ['0.1234567']],
    ['epoch-s', 'DECIMAL(20, 9)', ['1709280000.123456', '-0.5'], ['1709280000.123456789', '0.000000001']],
    ['epoch-ms', 'DECIMAL(38, 10)', ['1709280000123.456', '1'], ['1709280000123.4561']],
    ['epoch-s', 'BIGINT', ['1709280000', '-1'], ['9000000000000000000']],
  ])('have no numbers of seconds rounded: %s of %s', async (format, type, good, bad) => {
    const values = [...good, ...bad].map((value) => `'${value}'::${type}`);
    const file = await written(`SELECT unnest([${values.join(', ')}]) AS t`);
    const { kept, refused } = await judge(file, { data: { time: { name: 't', formats: [format] } } });
    expect(kept).toHaveLength(good.length);
    expect(refused.map(([line, , rule]) => [line, rule])).toEqual(bad.map((_, i) => [good.length + i + 1, 'type']));
  });

  it.each(['far-times', 'far-micros'])('are not refused for a time that is none: %s', async (name) => {
    const { kept, refused } = await judge(fixture(name), { data: { time: 't' } });
    expect(kept).toHaveLength(1);
    expect(refused.map(([line]) => line)).toEqual([1, 3]);
  });

  it('are not refused for bytes that are no text', async () => {
    const typed = await judge(fixture('bad-utf8'), {
      features: [
        { name: 's', type: 'string' },
        { name: 'n', type: 'integer' },
      ],
    });
    expect(typed).toEqual({
      rejection: undefined,
      kept: [
        { s: 'ab', n: '1' },
        { s: 'c', n: '3' },
      ],
      refused: [[2, 's', 'type', String.raw`\xFF\xFE`]],
    });
    const { refused } = await judge(fixture('bad-utf8'), { data: { extra: ['s', 'n'] } });
    expect(refused).toEqual([[2, 's', 'type', String.raw`\xFF\xFE`]]);
  });

  it('may have a column of nulls for one of any type', async () => {
    for (const type of ['string', 'float', 'integer', 'boolean']) {
      const { rejection, refused } = await judge(fixture('nulls'), {
        features: [{ name: 'x', type, missing: 'allow' }],
        data: { extra: ['n'] },
      });
      expect([type, rejection, refused]).toEqual([type, undefined, []]);
    }
    // Nulls are no keys, nor is a column that the file may leave out.
    const keyed = { data: { extra: ['x', 'n', 'q'] }, file: { unique: ['n', 'q'] } };
    expect((await judge(fixture('nulls'), keyed)).kept).toHaveLength(2);
    const { rejection, kept } = await judge(fixture('nulls'), { data: { time: 'x', extra: ['n'] } });
    expect([rejection, kept]).toEqual([undefined, []]);
  });

  it('have half floats as requests have them', async () => {
    const { kept } = await judge(fixture('halves'), { features: [{ name: 'x', type: 'float' }] });
    const decimals = Array.from({ length: 4096 }, (_, i) => halfDecimal(i * 16)).filter(Number.isFinite);
    expect(kept.map(({ x }) => Number(x))).toEqual(decimals);
    expect([halfDecimal(0x2e66), halfDecimal(0x7bff)]).toEqual([0.1, 65504]);
  });

  it('are read by their own columns, whatever their folders are called', async () => {
    const folder = path.join(temporaryFolder('parquet'), 'year=2024');
    mkdirSync(folder);
    const file = path.join(folder, 'x.parquet');
    copyFileSync(fixture('nulls'), file);
    expect((await judge(file, { data: { extra: ['x', 'n'] } })).rejection).toBeUndefined();
  });

  it('that are damaged are refused without the path of where they lie', async () => {
    const file = await written("SELECT i AS n, 'text ' || i AS s FROM range(1000) r(i)");
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4, 60);
    writeFileSync(file, bytes);
    const { rejection } = await judge(file, { data: { extra: ['s', 'n'] } });
    expect(rejection).toMatch(/^not a readable Parquet file, in n: its footer, or the head of a page, is damaged$/);
  });

  it.each([
    ['PAR1', (bytes: Buffer) => bytes.subarray(0, 4), 'it is shorter than any Parquet file is'],
    ['half', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), 'it does not end as one'],
    [
      'a footer beyond it',
      (bytes: Buffer) => bytes.fill(0xff, bytes.length - 8, bytes.length - 5),
      'length of the foot',
    ],
    ['other pages', (bytes: Buffer) => bytes.fill(0xee, 100, 2_000), 'what is compressed in it cannot be unpacked'],
  ])('that are damaged are refused in our words: %s', async (_, damage, why) => {
    const file = await written("SELECT i AS n, 'text ' || i AS s FROM range(10000) r(i)");
    writeFileSync(file, damage(readFileSync(file)));
    const { rejection } = await judge(file, { data: { extra: ['s', 'n'] } });
    expect(rejection).toMatch(/^not a readable Parquet file/);
    expect(rejection).toContain(why);
    expect(rejection).not.toMatch(/Error|the file the file/);
  });
});
