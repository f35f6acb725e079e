import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MARK = '\ufeff';
const CONTRACT = Contract.parse({
  features: [
    { name: 'b', type: 'string' },
    { name: 'a', type: 'integer' },
  ],
  file: { maxQuarantinedShare: 1 },
});

async function judge(name: string, content: string | Buffer) {
  const folder = temporaryFolder('encodings');
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return validateFile(file, CONTRACT, { outDir: path.join(folder, 'out'), now: new Date('2026-01-10T00:00:00Z') });
}

describe('a file in UTF-16', () => {
  it.each([
    ['csv', 'b,a\nx,1\n'],
    ['jsonl', '{"b":"x","a":1}\n{"b":"y","a":2}\n'],
  ])(
    'is rejected whole, and nothing is counted of it, with a byte order mark and without: %s',
    async (ending, text) => {
      for (const mark of ['', MARK])
        for (const bytes of [Buffer.from(mark + text, 'utf16le'), Buffer.from(mark + text, 'utf16le').swap16()])
          expect(await judge(`f.${ending}`, bytes)).toMatchObject({
            verdict: 'rejected',
            rejection: { rule: 'format', reason: 'the file is UTF-16: expected UTF-8' },
            rows: { records: 0 },
            lines: { total: 0 },
          });
    },
  );
});

describe('a file with NUL in its header', () => {
  it('is rejected whole, and nothing is counted of it', async () => {
    expect(await judge('f.csv', Buffer.from('\u65e5\u672c,a\nx,1\n', 'utf16le'))).toMatchObject({
      rejection: { reason: 'the file is binary, or UTF-16: expected UTF-8 text' },
      lines: { total: 0 },
    });
  });
});

describe('a byte order mark', () => {
  it.each([
    ['in a cell', 'f.csv', `b,a\n${MARK}x,1\n${MARK}y,2\n`],
    ['behind the mark of the file', 'f.csv', `${MARK}b,a\n${MARK}x,1\n${MARK}y,2\n`],
    ['in the first cell that is copied', 'f.csv', `b,a\n\n${MARK}x,1\n${MARK}y,2\n`],
    ['in the first field of a line', 'f.jsonl', `{"b":"${MARK}x","a":1}\n{"b":"${MARK}y","a":2}\n`],
  ])('%s is text', async (_, name, text) => {
    const { dataFile } = await judge(name, text);
    const rows = await withDuck(undefined, (duck) =>
      duck.rows(`SELECT b, length(b)::INTEGER AS n FROM ${literal(dataFile!)}`),
    );
    expect(rows).toEqual([
      { b: 'x', n: 2 },
      { b: 'y', n: 2 },
    ]);
  });

  it('is none of a name, and a fault of the line of JSON that it begins behind that of the file', async () => {
    for (const header of [`${MARK}${MARK}b,a`, `b,${MARK}a`, `"${MARK}b",a`, `\n${MARK}b,a`])
      expect((await judge('f.csv', `${header}\nx,1\n`)).rejection?.reason).toMatch(
        /^a byte order mark .* before name [12] of the header/,
      );
    const lines = await judge('f.jsonl', `${MARK}${MARK}{"b":"x","a":1}\n{"b":"y","a":2}\n`);
    expect(lines).toMatchObject({ rows: { accepted: 1, quarantined: 1 } });
  });
});
