import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { VERSION_FILES } from '../../../core/datasets/dataset-key.ts';
import { duckdbView } from '../../../core/tables/duckdb-view.ts';
import { datasetTable } from '../../../core/tables/stored-table.ts';
import { withDuck } from '../../../platform/duckdb/connection.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('a column whose type changed has one type in all versions, text where one has text; times and numbers have none', async () => {
  const folder = temporaryFolder('duckdb-view');
  const versions = [
    "1::BIGINT AS gate, 1::BIGINT AS fare, TIMESTAMPTZ '2026-01-31 00:00:00+00' AS seen",
    "'B2' AS gate, 2.5::DOUBLE AS fare, 2::BIGINT AS seen",
  ];
  await withDuck({}, async (duck) => {
    for (const [i, columns] of versions.entries()) {
      const to = path.join(folder, `dataset_version=00000${i + 1}`);
      mkdirSync(to);
      await duck.run(`COPY (SELECT ${columns}) TO '${to}/${VERSION_FILES.rows}'`);
    }
    const columns = ['gate', 'fare', 'seen'].map((name) => ({ name, type: 'string' as const }));
    await duck.run(duckdbView(datasetTable('fares', columns), `${folder}/`));
    const read = (what: string) => duck.rows(`SELECT ${what} FROM dataset_fares ORDER BY dataset_version`);
    expect(await read('gate, fare, typeof(fare) AS number')).toEqual([
      { gate: '1', fare: 1, number: 'DOUBLE' },
      { gate: 'B2', fare: 2.5, number: 'DOUBLE' },
    ]);
    await expect(read('seen')).rejects.toThrow(/failed to cast column "seen"/);
  });
});
