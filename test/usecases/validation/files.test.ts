import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { profileAnyFile } from '../../../usecases/validation/profile-file.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow } from '../../../usecases/validation/validation-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const NOW = new Date('2026-01-10T00:00:00Z');
const FILES = path.resolve('test/usecases/validation/files');

describe('a file as people make them', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('files');
  });

  /** Judges one of the files; `kept` are the rows of the dataset. */
  async function judge(name: string, contract: object) {
    const rules = Contract.parse({ features: [], ...contract, file: { maxQuarantinedShare: 1, ...fileOf(contract) } });
    const view = await validateFile(path.join(FILES, name), rules, { outDir: folder, now: NOW });
    const quarantined = view.quarantineFile
      ? readFileSync(view.quarantineFile, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as QuarantinedRow)
      : [];
    const { total, header, blank, accepted, quarantined: lines } = view.lines;
    expect(header + blank + accepted + lines).toBe(total);
    const kept = await withDuck(undefined, (duck) => duck.rows(`SELECT * FROM ${literal(view.dataFile!)}`));
    return {
      view,
      kept,
      quarantined,
      bad: quarantined.map(({ line, reasons }) => [line, ...reasons.map((r) => r.rule)]),
    };
  }
  const fileOf = (contract: object): object => ('file' in contract ? (contract.file as object) : {});

  it.each(['csv', 'parquet'])('has a name that is a pattern to the engine, and is read itself: %s', async (ending) => {
    const own = temporaryFolder('patterns');
    for (const [name, n] of [
      ['july1', 1],
      ['july[1]', 2],
      ['july*', 3],
    ] as const) {
      const file = path.join(own, `plain-${n}.${ending}`);
      await withDuck(undefined, (duck) =>
        duck.run(
          `COPY (SELECT ${n}::BIGINT AS n) TO ${literal(file)} (${ending === 'csv' ? 'HEADER' : 'FORMAT parquet'})`,
        ),
      );
      renameSync(file, path.join(own, `${name}.${ending}`));
    }
    const rules = Contract.parse({ features: [{ name: 'n', type: 'integer' }] });
    for (const [name, n] of [
      ['july[1]', 2n],
      ['july*', 3n],
    ] as const) {
      const file = path.join(own, `${name}.${ending}`);
      const view = await validateFile(file, rules, { outDir: folder, now: NOW });
      expect(await withDuck(undefined, (duck) => duck.rows(`SELECT * FROM ${literal(view.dataFile!)}`))).toEqual([
        { n },
      ]);
      expect((await profileAnyFile(file)).columns.n).toMatchObject({ mean: Number(n) });
    }
  });

  it('has a column named like one that the engine has', async () => {
    const { kept, bad } = await judge('rowid.csv', {
      features: [{ name: 'amount', type: 'float', min: 0 }],
      data: { extra: ['rowid'] },
    });
    expect(bad).toEqual([[3, 'min']]);
    expect(kept).toEqual([
      { amount: 10, rowid: 'A' },
      { amount: 30, rowid: 'A' },
      { amount: 40, rowid: 'B' },
      { amount: 50, rowid: null },
    ]);
  });

  it('has records over lines, whose numbers are those of the file', async () => {
    const { kept, quarantined } = await judge('quoted-lines.csv', {
      features: [{ name: 'n', type: 'integer' }],
      data: { id: 'id', extra: ['s'] },
    });
    expect(kept).toMatchObject([{ s: 'a\nb\nc' }, { s: 'fine' }]);
    expect(quarantined.map(({ line, lines, raw }) => [line, lines, raw])).toEqual([
      [5, 1, 'x,bad,q'],
      [6, 1, 'y,bad,q'],
    ]);
  });

  it('has an empty line inside quotes, which is text', async () => {
    const { kept } = await judge('blank-in-quotes.csv', {
      features: [{ name: 's', type: 'string' }],
      data: { id: 'id' },
    });
    expect(kept).toEqual([
      { id: '1', s: 'para one\n\npara two' },
      { id: '2', s: 'b' },
    ]);
  });

  it('has blank lines at its end, which are no rows', async () => {
    const { view } = await judge('blank-end.csv', { features: [{ name: 'n', type: 'integer' }], data: { id: 'id' } });
    expect(view.rows).toEqual({ records: 2, accepted: 2, quarantined: 0 });
    expect(view.lines).toEqual({ total: 6, header: 1, blank: 3, accepted: 2, quarantined: 0 });
  });

  it('has a stray quote, which costs its own line', async () => {
    const { view, bad } = await judge('stray-quote.csv', {
      features: [
        { name: 'note', type: 'string' },
        { name: 'n', type: 'integer' },
      ],
      data: { id: 'id' },
    });
    expect(view.rows).toEqual({ records: 200, accepted: 199, quarantined: 1 });
    expect(bad).toEqual([[51, 'unreadable']]);
  });

  it('has integers that no double holds', async () => {
    const { kept, bad } = await judge('big-integers.csv', {
      features: [{ name: 'n', type: 'integer' }],
      data: { id: 'id' },
    });
    expect(kept.map(({ n }) => n)).toEqual([9007199254740993n, 9223372036854775807n, -9223372036854775808n]);
    expect(bad).toEqual([[5, 'type']]);
  });

  it('has identifiers that no double tells apart', async () => {
    const { kept } = await judge('big-ids.jsonl', {
      features: [{ name: 'n', type: 'integer' }],
      data: { id: 'id' },
      file: { unique: ['id'] },
    });
    expect(kept.map(({ id }) => id)).toEqual(['1234567890123456781', '1234567890123456782']);
  });

  it('has times, of which only those with a zone are instants', async () => {
    const contract = { features: [{ name: 'n', type: 'integer' }], data: { id: 'id', time: 'when' } };
    const { kept, bad } = await judge('times.csv', contract);
    expect(kept.map(({ when }) => when)).toEqual([new Date('2024-03-01T08:00:00Z'), new Date('2024-03-01T08:00:00Z')]);
    expect(bad).toEqual([...[4, 5, 6, 7].map((line) => [line, 'type']), [8, 'future']]);
  });

  it('has integers however people write them', async () => {
    const { kept, bad } = await judge('integers.csv', {
      features: [{ name: 'n', type: 'integer', missing: 'allow' }],
      data: { id: 'id' },
    });
    expect(kept.map(({ id, n }) => [id, n])).toEqual([
      ['2', 100000n],
      ['4', 1n],
      ['5', 6n],
      ['8', null],
      ['9', null],
      ['10', null],
    ]);
    expect(bad.map(([line]) => line)).toEqual([2, 4, 7, 8]);
  });

  it('has floats as large as there are, and none beyond', async () => {
    const { view, kept, bad } = await judge('floats.csv', {
      features: [{ name: 'v', type: 'float', missing: 'allow' }],
      data: { id: 'id' },
    });
    expect(kept.map(({ v }) => v)).toEqual([1.5, 1e200, Number.MAX_VALUE, null]);
    expect(bad).toEqual([
      [5, 'finite'],
      [6, 'finite'],
    ]);
    expect(view.profile!.columns.v).toMatchObject({ rows: 4, missing: 1, max: Number.MAX_VALUE });
  });

  it('has booleans', async () => {
    const { kept } = await judge('booleans.csv', { features: [{ name: 'flag', type: 'boolean' }], data: { id: 'id' } });
    expect(kept.map(({ id, flag }) => [id, flag])).toEqual([
      ['1', true],
      ['2', true],
      ['3', true],
      ['4', true],
      ['7', false],
    ]);
  });

  it('has an index without a name, which is left out', async () => {
    const { kept } = await judge('pandas-index.csv', {
      features: [{ name: 'amount', type: 'float' }],
      data: { id: 'application_id' },
    });
    expect(kept).toEqual([
      { application_id: '17', amount: 1.5 },
      { application_id: '18', amount: 2.5 },
    ]);
  });

  it('has labels that are none, no identifier, and a line of totals', async () => {
    const { view, bad } = await judge('labels.csv', {
      features: [{ name: 'n', type: 'integer' }],
      data: { id: { name: 'id', type: 'integer' }, label: { name: 'label', classes: ['0', '1', 'true', 'false'] } },
      file: { unique: ['id'] },
    });
    expect(view.rows).toEqual({ records: 4, accepted: 1, quarantined: 3 });
    expect(bad).toEqual([
      [3, 'type'],
      [4, 'missing'],
      [5, 'type'],
    ]);
  });
});
