import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { LineRanges } from '../../../core/quarantine/line-ranges.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import { putBackRows } from '../../../usecases/quarantine/put-back-rows.ts';
import { releaseRows } from '../../../usecases/quarantine/release-rows.ts';
import { showRows } from '../../../usecases/quarantine/show-rows.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { CONTRACT, homeWith, json, judged, keysUnder, putContract } from './fixture.ts';

const by = 'user:ada';

it('erases a subject from every place that rows are given back through', async () => {
  // As long as nothing says that the column is personal, texts are kept.
  const home = await homeWith(
    { ...CONTRACT, data: { id: 'who' } },
    'who,a,b\nr1,1,x\nr2,99,z\nr3,3,y\nr2,-4,x\nr5,55,x\nr2,77,x\n',
  );
  const { drop } = await judged(home);
  await releaseRows(home, { drop, lines: LineRanges.parse('3,6'), by, reason: 'right' });
  const file = path.join(temporaryFolder('mended'), 'mended.csv');
  writeFileSync(file, 'who,a,b\nr2,4,x\nr2,78,x\n');
  const back = await putBackRows(home, { drop, file, lines: LineRanges.parse('5,7'), by, reason: null });
  expect(back).toMatchObject({ rows: 1, refusedRows: 1 });

  await putContract(home, { ...CONTRACT, data: { id: 'who', subject: 'who', personal: { who: 'hash' } } });
  await forget(home, { subject: 'r2', actor: by });
  for (const key of await keysUnder(home, '')) {
    const bytes = await home.data.get(key);
    if (!key.endsWith('.parquet')) {
      expect(new TextDecoder().decode(bytes), key).not.toMatch(/\br2\b/);
      continue;
    }
    const from = `read_parquet(${literal(path.join(home.folder, 'data', key))})`;
    const rows = await withDuck(undefined, (duck) => duck.rows(`SELECT who FROM ${from}`));
    expect(
      rows.map(({ who }) => who),
      key,
    ).not.toContain('r2');
  }
  // What is left is as it was, and is counted.
  expect(await json(home, 'datasets/other/dataset_version=000002/_manifest.json')).toMatchObject({
    rows: 1,
    returned: { of: drop },
  });
  expect(await json(home, 'datasets/other/dataset_version=000003/_manifest.json')).toMatchObject({ rows: 0 });
  const shown = await showRows(home, { drop, limit: 10 });
  expect(shown.rows.map(({ line, state }) => [line, state])).toEqual([[6, 'accepted']]);
  expect(shown.states).toEqual({ open: 0, putBack: 0, accepted: 1 });
});
