import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { labelValues } from '../../../usecases/baseline/label-values.ts';
import { inferColumns, type NamedColumns } from '../../../usecases/baseline/reference-columns.ts';
import { withPlainTable } from '../../../usecases/validation/plain-table.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

let lines: string;
let parquet: string;
beforeAll(async () => {
  const folder = temporaryFolder('reference-columns');
  lines = path.join(folder, 'rows.jsonl');
  writeFileSync(
    lines,
    [
      '{"id":9007199254740993,"key":"5","day":"1.2.2024","at":"2024-01-01T00:00:00.123456789Z","yes":true}',
      '{"id":9007199254740992,"key":6,"day":"2.2.2024","at":"2024-01-02T00:00:00Z","yes":false}\n',
    ].join('\n'),
  );
  parquet = path.join(folder, 'rows [1].parquet');
  await withDuck(undefined, (duck) =>
    duck.run(
      `COPY (SELECT 9007199254740992 + i AS id, i::VARCHAR AS key, '2024-01-01 00:00:00.123456789'::TIMESTAMP_NS AS local, '2024-01-01 00:00:00+01'::TIMESTAMPTZ AS at FROM range(2) t(i)) TO ${literal(parquet)} (FORMAT parquet)`,
    ),
  );
});

const columnsOf = (file: string, named: NamedColumns) =>
  withDuck(undefined, (duck) => withPlainTable(duck, file, (table) => inferColumns(duck, table, named)));
const labelsOf = (file: string, column: string) =>
  withDuck(undefined, (duck) => withPlainTable(duck, file, (table) => labelValues(duck, table, column)));

describe('what reference data suggests of its columns', () => {
  it('is of the values that are written: a number in quotes is none', async () => {
    for (const file of [lines, parquet]) {
      expect(await columnsOf(file, { id: 'id' })).toEqual({ id: { name: 'id', type: 'integer', required: true } });
      expect(await columnsOf(file, { id: 'key' })).toEqual({});
    }
    expect(await columnsOf(parquet, { time: 'at', timeZone: 'UTC' })).toMatchObject({ time: { zone: 'UTC' } });
  });

  it('names a value without quotes, and what is the matter with it', async () => {
    await expect(columnsOf(lines, { time: 'day' })).rejects.toThrow(/^column day has \d\.2\.2024, which is no time/);
    const fine = /00:00:00\.123456789Z?: times are kept to the microsecond/;
    await expect(columnsOf(lines, { time: 'at' })).rejects.toThrow(fine);
    await expect(columnsOf(parquet, { time: 'local', timeZone: 'UTC' })).rejects.toThrow(fine);
  });

  it('tells apart labels that no double does', async () => {
    const ids = { values: ['9007199254740992', '9007199254740993'], more: false };
    for (const file of [lines, parquet]) expect(await labelsOf(file, 'id')).toEqual(ids);
    expect(await labelsOf(lines, 'yes')).toEqual({ values: ['false', 'true'], more: false });
    expect(await labelsOf(parquet, 'key')).toEqual({ values: [0, 1], more: false });
  });
});
