import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord } from '../../../core/records/record-text.ts';
import { scan } from './scan.ts';

const value = fc.oneof(
  fc.constantFrom('', ' ', '"', '""', 'a,b', 'a\nb', 'a\r\nb', '\r', 'plain', '5" pipe', ' "x"', 'é😀', '\t'),
  fc.string({ maxLength: 8, unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
);
const rows = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.array(fc.array(fc.option(value, { freq: 6 }), { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 8,
  }),
);
const delimiters = fc.constantFrom(',', '\t', ';');
const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

describe('the text of a record', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(rows, delimiters, fc.constantFrom('\n', '\r\n'), (table, delimiter, end) => {
        const head = formatRecord(
          table[0]!.map((_, i) => `c${i}`),
          delimiter,
        );
        const file = [head, ...table.map((row) => formatRecord(row, delimiter))].map((line) => line + end).join('');
        const { records } = scan(file, { delimiter });
        expect(records.filter(({ fault }) => fault !== undefined)).toEqual([]);
        const read = records.slice(1).map(({ raw }) => parseRecord(utf8(raw), delimiter));
        expect(read.map((fields) => fields.map(({ text, quoted }) => (text === '' && !quoted ? null : text)))).toEqual(
          table.map((row) => (row.length === 1 && row[0] === null ? [''] : row)),
        );
        for (const [i, { fields }] of records.slice(1).entries()) expect(fields).toBe(read[i]!.length);
      }),
    );
  });

  const python = spawnSync('python3', ['--version']).status === 0;
  if (!python && process.env.TRIMTAB_REQUIRE_PYTHON === '1') throw new Error('python3 is required and is not there');

  it.skipIf(!python)('is what Python reads of it, where python3 is there', () => {
    // What the two take differently is left out: a lone CR outside quotes ends a line there, and text may follow a
    // closing quote.
    const field = fc.oneof(
      fc.constantFrom(
        '',
        'a',
        ' "b"',
        '5" pipe',
        '"q"',
        '""',
        '"a,b"',
        '"x\ny"',
        '"x\r\ny"',
        '"\r"',
        '"say ""so"""',
        'é',
      ),
      fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/["\r\n,\0]/g, '')),
    );
    const record = fc
      .array(field, { minLength: 1, maxLength: 4 })
      .map((fields) => fields.join(','))
      .filter((raw) => raw !== '');
    const file = fc
      .tuple(fc.array(record, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
      .map(([records, end, blank]) => ['a,b', ...records].map((raw) => raw + end + (blank ? end : '')).join(''));
    const files = fc.sample(file, 400);
    const script = `
import csv, io, json, sys
print(json.dumps([[row for row in csv.reader(io.StringIO(text, newline='')) if row] for text in json.load(sys.stdin)]))`;
    const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: JSON.stringify(files), encoding: 'utf8' });
    expect(stderr).toBe('');
    const theirs = JSON.parse(stdout) as string[][][];
    for (const [i, text] of files.entries()) {
      const own = scan(text).records.map(({ raw }) => parseRecord(utf8(raw)).map(({ text: cell }) => cell));
      expect(own, JSON.stringify(text)).toEqual(theirs[i]);
    }
  });
});
