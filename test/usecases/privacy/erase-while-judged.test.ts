import { utimesSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { ObjectNotFoundError } from '../../../platform/errors.ts';
import type { LocalHome } from '../../../platform/local/home.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { forget } from '../../../usecases/privacy/erase-subject.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { CONTRACT, homeWith, KEY, keysUnder } from '../quarantine/fixture.ts';

const actor = 'user:ada';

const withSubjects = (): Promise<LocalHome> =>
  homeWith(
    { ...CONTRACT, data: { id: 'who', subject: 'who', personal: { who: 'hash' } } },
    'who,a,b\nw1,1,x\nw2,2,x\n',
  );

/** Calls something between two steps of whoever judges. */
function between(home: LocalHome, step: Partial<ObjectStore>): Home {
  const data = new Proxy(home.data, {
    get: (target, name) => {
      const value: unknown = Reflect.get(step, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return new Proxy<Home>(home, { get: (target, name) => (name === 'data' ? data : Reflect.get(target, name)) });
}

/** Values of all rows that are a dataset version. */
async function valuesOf(home: LocalHome): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const key of await keysUnder(home, 'datasets/'))
    if (key.endsWith('.parquet')) {
      const from = `read_parquet(${literal(path.join(home.folder, 'data', key))})`;
      const rows = await withDuck(undefined, (duck) => duck.rows(`SELECT a FROM ${from}`));
      found.push(...rows.map(({ a }) => a));
    }
  return found;
}

it('waits for a verdict that is being stored, so that what is left is not judged as a new file', async () => {
  const home = await withSubjects();
  let erasing: Promise<unknown> | undefined;
  const judge = between(home, {
    put: async (key, body, options) => {
      if (key.endsWith('/_claim')) {
        erasing = forget(home, { subject: 'w2', actor });
        await sleep(500);
      }
      return home.data.put(key, body, options);
    },
  });
  const { drop } = await validateDrop(judge, { key: KEY });
  await erasing;
  expect(await validateDrop(home, { key: KEY })).toMatchObject({ repeated: true, judgedAs: drop, version: 1 });
  expect(await valuesOf(home)).toEqual([1n]);
});

it('has whoever is judging give way while nothing is stored', async () => {
  const home = await withSubjects();
  const judge = between(home, {
    download: async (key, file, versionId) => {
      const info = await home.data.download(key, file, versionId);
      await forget(home, { subject: 'w2', actor });
      return info;
    },
  });
  await expect(validateDrop(judge, { key: KEY })).rejects.toThrow(ObjectNotFoundError);
  expect(await validateDrop(home, { key: KEY })).toMatchObject({ version: 1, rows: { accepted: 1 } });
  expect(await valuesOf(home)).toEqual([1n]);
  // Whoever drops the file again as it was has it judged.
  await home.data.put(KEY, 'who,a,b\nw1,1,x\nw2,2,x\n');
  expect(await validateDrop(home, { key: KEY })).toMatchObject({ version: 2, rows: { accepted: 2 } });
});

it('leaves no marks: those of verdicts go when they are stored or given up, others after a day', async () => {
  const home = await withSubjects();
  const marks = async () => (await keysUnder(home, 'drops/other/')).filter((key) => !key.endsWith('.json'));
  await validateDrop(home, { key: KEY });
  expect(await marks()).toEqual([]);
  await home.data.put(KEY, 'who,a,b\nw1,1,y\nw2,2,y\n');
  const judge = between(home, {
    download: async (key, file, versionId) => {
      const info = await home.data.download(key, file, versionId);
      await forget(home, { subject: 'w2', actor });
      return info;
    },
  });
  await expect(validateDrop(judge, { key: KEY })).rejects.toThrow(ObjectNotFoundError);
  const [erasing, ...others] = await marks();
  expect([erasing?.endsWith('.erasing'), others]).toEqual([true, []]);
  const killed = 'drops/other/00000000000000000000-000000000000.x.verdict';
  await home.data.put(killed, '{}');
  await forget(home, { subject: 'w2', actor });
  expect(await marks()).toEqual(expect.arrayContaining([erasing, killed]));
  for (const key of [erasing!, killed]) utimesSync(path.join(home.folder, 'data', key), new Date(0), new Date(0));
  await forget(home, { subject: 'w2', actor });
  expect(await marks()).toEqual([]);
});
