import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow } from '../../../usecases/validation/validation-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const NOW = new Date('2026-01-10T00:00:00Z');
const contract = Contract.parse({
  features: [
    { name: 'n', type: 'integer', min: 0, max: 100 },
    { name: 'x', type: 'float', missing: 'allow' },
    { name: 's', type: 'string', allowed: ['a', 'b', 'a "quoted", one'] },
  ],
  data: { id: 'id', time: 't', label: 'y' },
  file: { maxQuarantinedShare: 1, unique: ['id'] },
});
const HEAD = 'id,t,n,x,s,y';
const good = (i: number) => `r${i},2026-01-09T00:00:00Z,${i % 100},${i / 10},a,${i % 2}`;

describe('validateFile', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('validate');
  });

  async function judge(content: string | Buffer, name = 'f.csv', rules = contract) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const verdict = await validateFile(file, rules, { outDir: path.join(folder, 'out'), now: NOW });
    const rows = verdict.quarantineFile
      ? readFileSync(verdict.quarantineFile, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as QuarantinedRow)
      : [];
    return { verdict, rows };
  }
  const lines = (...rows: string[]) => `${[HEAD, ...rows].join('\n')}\n`;

  it('quarantines JSON lines whose values are all of the wrong kind for what they are, and not as no JSON', async () => {
    const rules = Contract.parse({ features: [{ name: 'f', type: 'float' }], file: { maxQuarantinedShare: 1 } });
    const { verdict, rows } = await judge('{"f":true}\n{"f":"5"}\n', 'f.jsonl', rules);
    expect(verdict.rows).toEqual({ records: 2, accepted: 0, quarantined: 2 });
    expect(rows.map(({ line, reasons }) => [line, reasons[0]!.rule])).toEqual([
      [1, 'type'],
      [2, 'type'],
    ]);
    const share = Contract.parse({ features: [{ name: 'f', type: 'float' }] });
    expect((await judge('{"f":true}\n', 'g.jsonl', share)).verdict.rejection?.rule).not.toBe('format');
    expect((await judge(' \n\n', 'h.jsonl', rules)).verdict.rejection?.reason).toBe('the file has blank lines only');
  });

  it('profiles the truth under the name of its column, beside a feature that is called label', async () => {
    const rules = Contract.parse({
      features: [{ name: 'label', type: 'string' }],
      data: { label: 'y' },
    });
    const { verdict } = await judge('label,y\nred,1\nblue,0\nred,0\n', 'f.csv', rules);
    expect(verdict.profile!.columns).toMatchObject({
      label: { categories: ['red', 'blue'], counts: [2, 1] },
      y: { categories: ['0', '1'], counts: [2, 1] },
    });
  });

  it('quarantines each bad row with its line and all its reasons', async () => {
    const { verdict, rows } = await judge(
      lines(
        good(1),
        'r2,2026-01-09T00:00:00Z,101,1,c,0',
        'r3,2026-01-09T00:00:00Z,1.5,,b,',
        'r4,2026-01-09T00:00:00Z,,1,a,',
        'r1,2026-01-09T00:00:00Z,1,1,a,1',
        'r5,2026-01-09T00:00:00Z,x,1,a,1',
        'r6,2026-01-09T00:00:00Z,1,inf,a,1',
        good(7),
      ),
    );
    expect(verdict.rows).toEqual({ records: 8, accepted: 2, quarantined: 6 });
    const reasons = Object.fromEntries(rows.map(({ line, reasons }) => [line, reasons]));
    expect(reasons[3]).toEqual([
      { feature: 'n', rule: 'max', received: '101', allowed: 'at most 100' },
      { feature: 's', rule: 'allowed', received: 'c', allowed: 'one of a, b, a "quoted", one' },
    ]);
    expect(reasons[4]).toMatchObject([{ feature: 'n', rule: 'type', received: '1.5', allowed: 'an integer' }]);
    expect(reasons[5]).toMatchObject([{ feature: 'n', rule: 'missing', allowed: 'a value' }]);
    expect(reasons[6]).toMatchObject([{ feature: 'id', rule: 'duplicate' }]);
    expect(reasons[7]).toMatchObject([{ feature: 'n', rule: 'type', received: 'x' }]);
    expect(reasons[8]).toMatchObject([{ feature: 'x', rule: 'finite', allowed: 'a finite number' }]);
    expect(rows.find(({ line }) => line === 3)?.raw).toBe('r2,2026-01-09T00:00:00Z,101,1,c,0');
  });

  it('keeps good rows as they were, in order and typed', async () => {
    const { verdict } = await judge(lines('r1,2026-01-09T00:00:00Z,1,,"a ""quoted"", one",1', good(2)));
    await withDuck(undefined, async (duck) => {
      expect(await duck.rows(`SELECT * FROM ${literal(verdict.dataFile!)}`)).toMatchObject([
        { id: 'r1', n: 1n, x: null, s: 'a "quoted", one', y: '1' },
        { id: 'r2', n: 2n, x: 0.2, s: 'a', y: '0' },
      ]);
    });
  });

  it.each<[string, string[], number, Record<number, string>]>([
    ['too many and too few fields', [good(1), 'r2,1,2', `${good(3)},extra`, good(4)], 2, { 3: 'fields', 4: 'fields' }],
    [
      'an unterminated quote in the middle',
      [good(1), 'r2,"2026,1,1,a,0', ...[3, 4, 5, 6].map(good)],
      5,
      { 3: 'quote' },
    ],
    ['an unterminated quote at the end', [good(1), good(2), 'r3,"2026,1,1,a,0'], 2, { 4: 'quote' }],
    ['a quote in the middle of a field', [good(1), 'r2,2026-01-09T00:00:00Z,1,1,a"b",0', good(3)], 2, { 3: 'one of' }],
    ['a NUL', [good(1), 'r2,t,1,1,a\0,0', good(3)], 2, { 3: 'a string' }],
  ])('accounts for every line: %s', async (_, rows, accepted, faults) => {
    const { verdict, rows: quarantined } = await judge(lines(...rows));
    expect(verdict.rows).toEqual({ records: rows.length, accepted, quarantined: rows.length - accepted });
    for (const [line, fault] of Object.entries(faults))
      expect(JSON.stringify(quarantined.find((row) => row.line === Number(line))?.reasons)).toContain(fault);
  });

  it('takes a line with nothing on it for no record', async () => {
    const { verdict } = await judge(lines('', good(1), '', '', good(3), ''));
    expect(verdict.rows).toEqual({ records: 2, accepted: 2, quarantined: 0 });
    expect(verdict.lines).toEqual({ total: 7, header: 1, blank: 4, accepted: 2, quarantined: 0 });
  });

  it('takes records that run over lines, CR LF and a byte order mark', async () => {
    const rules = Contract.parse({ ...contract, features: contract.features.map(({ allowed: _, ...f }) => f) });
    const multi = await judge(
      lines(good(1), 'r2,2026-01-09T00:00:00Z,1,1,"over\ntwo lines",0', good(3)),
      'm.csv',
      rules,
    );
    expect(multi.verdict.rows).toEqual({ records: 3, accepted: 3, quarantined: 0 });
    const crlf = await judge(`\ufeff${lines(good(1), good(2)).replaceAll('\n', '\r\n')}`);
    expect(crlf.verdict.rows).toEqual({ records: 2, accepted: 2, quarantined: 0 });
  });

  it('quarantines lines that are not UTF-8', async () => {
    const latin = Buffer.from(lines(good(1), 'r2,2026-01-09T00:00:00Z,1,1,\u00e9,0', good(3)), 'latin1');
    const { verdict, rows } = await judge(latin);
    expect(verdict.rows).toEqual({ records: 3, accepted: 2, quarantined: 1 });
    expect(rows[0]).toMatchObject({ line: 3 });
  });

  it.each([
    ['empty', '', 'the file is empty'],
    ['blank lines only', '\n\n\r\n', 'the file has no header'],
    ['a byte order mark only', '\ufeff', 'the file has no header'],
    ['only a header', `${HEAD}\n`, '0 rows, at least 1 are expected'],
    ['semicolons', 'id;t;n\n1;2;3\n', 'columns are separated by semicolons, expected commas'],
    ['tabs', 'id\tt\tn\n1\t2\t3\n', 'columns are separated by tabs, expected commas'],
    ['a missing column', 'id,t,n,x\n1,2,3,4\n', 'missing columns: s'],
    ['an unknown column', `${HEAD},z\n`, 'columns that the contract does not know: z'],
    ['names that have blanks', `${HEAD}," z",""\n`, 'columns that the contract does not know: " z", ""; expected'],
    ['a column twice', `${HEAD},n\n`, 'columns that stand twice: n'],
    ['UTF-16', Buffer.from(`\ufeff${HEAD}\n`, 'utf16le'), 'the file is UTF-16'],
    ['binary', Buffer.from([0, 1, 2, 3, 255, 254, 10, 0]), 'the file is binary'],
    ['no header', `${good(1)}\n${good(2)}\n`, 'missing columns: n, x, s, id, t'],
  ])('rejects a file whole: %s', async (_, content, reason) => {
    const { verdict } = await judge(content);
    expect(verdict.verdict).toBe('rejected');
    expect(verdict.rejection?.reason).toContain(reason);
  });

  it.each([
    ['t.csv', `\n${HEAD},z\n1,"a\nb"\n\n3\n`, [2, 6, 1, 2, 3]],
    ['t.csv', 'id;t\n1;2\n', [1, 2, 1, 0, 1]],
    ['t.csv', '\n\n', [0, 2, 0, 2, 0]],
    ['t.tsv', `${HEAD}\n${good(1)}\n`, [1, 2, 1, 0, 1]],
    ['t.csv.gz', gzipSync('z\n1\n2\n'), [2, 3, 1, 0, 2]],
    // Padded, as tapes have it.
    ['t.csv.gz', Buffer.concat([gzipSync('z\n1\n'), gzipSync('2\n'), Buffer.alloc(9)]), [2, 3, 1, 0, 2]],
  ])(
    'accounts for what is in a file that is rejected before its rows are judged: %s %j',
    async (name, content, all) => {
      const { verdict } = await judge(content, name);
      const [records, total, header, blank, quarantined] = all;
      expect(verdict.verdict).toBe('rejected');
      expect(verdict.rows).toEqual({ records, accepted: 0, quarantined: records });
      expect(verdict.lines).toEqual({ total, header, blank, accepted: 0, quarantined });
    },
  );

  it('rejects a gzipped file with something behind its padding', async () => {
    const { verdict } = await judge(Buffer.concat([gzipSync('z\n1\n'), Buffer.from('\0\0z')]), 't.csv.gz');
    expect(verdict.rejection?.reason).toBe('cannot be unpacked: what follows its zeros is no gzip');
  });

  it.each([
    [{ minRows: 3 }, 'volume', '2 rows, at least 3 are expected'],
    [{ maxRows: 1 }, 'volume', '2 rows, at most 1 are allowed'],
    [{ maxAgeDays: 0.5 }, 'freshness', 'the newest row is 1.0 days old, at most 0.5 are allowed'],
  ])('rejects a file that breaks a rule on files: %j', async (file, rule, reason) => {
    const rules = Contract.parse({ ...contract, file: { ...contract.file, ...file } });
    const { verdict } = await judge(lines(good(1), good(2)), 'f.csv', rules);
    expect(verdict).toMatchObject({ verdict: 'rejected', rejection: { rule, reason } });
  });

  it('rejects a file of which too much is bad, and still says why row by row', async () => {
    const rules = Contract.parse({ ...contract, file: { maxQuarantinedShare: 0.3 } });
    const { verdict, rows } = await judge(lines(good(1), 'r2,t,200,1,a,0', 'r3,t,300,1,a,0'), 'f.csv', rules);
    expect(verdict.rejection).toEqual({
      rule: 'quality',
      reason: '2 of 3 rows break the contract (66.7 %), at most 30 % may',
    });
    expect(rows).toHaveLength(2);
  });

  it('reads JSON lines and Parquet by the same rules', async () => {
    const jsonl = await judge(
      [
        { id: 'r1', t: '2026-01-09T00:00:00Z', n: 1, x: null, s: 'a', y: 1 },
        { id: 'r2', t: '2026-01-09T00:00:00Z', n: 101, x: 1, s: 'a' },
        { id: 'r3', t: '2026-01-09T00:00:00Z', n: 1, x: 1, s: { nested: 1 } },
      ]
        .map((row) => JSON.stringify(row))
        .concat('{"id":', '[]')
        .join('\n'),
      'f.jsonl',
    );
    expect(jsonl.verdict.rows).toEqual({ records: 5, accepted: 1, quarantined: 4 });
    expect(jsonl.rows.map(({ line }) => line).sort()).toEqual([2, 3, 4, 5]);

    const parquet = path.join(folder, 'f.parquet');
    await withDuck(undefined, (duck) =>
      duck.run(
        `COPY (SELECT 'r' || i AS id, '2026-01-09T00:00:00Z' AS t, i * 60 AS n, NULL::DOUBLE AS x, 'a' AS s, 1 AS y FROM range(3) r(i)) TO ${literal(parquet)} (FORMAT parquet)`,
      ),
    );
    const whole = readFileSync(parquet);
    expect((await judge(whole, 'g.parquet')).verdict.rows).toEqual({ records: 3, accepted: 2, quarantined: 1 });
    const cut = await judge(whole.subarray(0, whole.length - 20), 'h.parquet');
    expect(cut.verdict.rejection?.reason).toContain('not a readable Parquet file');
  });

  it('withholds lines and values where the contract marks personal fields', async () => {
    const rules = Contract.parse({
      ...contract,
      features: contract.features.map((f) => (f.name === 's' ? { ...f, personal: 'hash' } : f)),
    });
    const { rows } = await judge(lines(good(1), 'r2,2026-01-09T00:00:00Z,1,1,Jane Doe,0', 'Jane,Doe'), 'f.csv', rules);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/Jane|Doe/);
  });

  it('accounts for every line of files that were damaged at random', async () => {
    const original = lines(...Array.from({ length: 30 }, (_, i) => good(i)));
    const damage = fc.array(
      fc.tuple(
        fc.integer({ min: HEAD.length + 1, max: original.length - 1 }),
        fc.constantFrom('"', ',', '\n', '\r', 'é', '\0', '""', ''),
      ),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        let text = original;
        for (const [at, by] of changes) text = text.slice(0, at) + by + text.slice(at + 1);
        const { verdict, rows } = await judge(text);
        if (verdict.rejection?.rule === 'format' || verdict.rejection?.rule === 'schema') return;
        const { rows: units, lines: physical } = verdict;
        expect(units.accepted + units.quarantined).toBe(units.records);
        expect(rows).toHaveLength(units.quarantined);
        // Every line of the file is part of a good row, of one in quarantine, or of none: none is gone.
        expect(physical.total).toBe(text.replace(/\n$/, '').split('\n').length);
        expect(physical.header + physical.blank + physical.accepted + physical.quarantined).toBe(physical.total);
        const taken = text.split('\n');
        for (const { line, lines: span, raw } of rows) {
          const exact = taken.slice(line - 1, line - 1 + span).join('\n');
          // A CR before the LF belongs to the end of a line; behind the last line of all there may be no LF.
          const atEnd = line - 1 + span === taken.length;
          expect(atEnd ? [exact, exact.replace(/\r$/, '')] : [exact.replace(/\r$/, '')]).toContain(raw);
        }
      }),
      { numRuns: 60 },
    );
  });
});
