import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { decryptFile } from '../../../usecases/privacy/decrypt-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('decrypting a file', () => {
  const folder = temporaryFolder('decrypt');

  it.each([
    ['of marked columns', new Set(['age']), 1],
    ['of whatever columns', undefined, 2],
  ])('opens what is sealed %s, and copies what only looks like it', async (_, columns, unopened) => {
    const home = await openLocalHome(path.join(folder, 'home'));
    const keys = await home.privacy();
    const sealed = keys.seal({ owner: 'm', field: 'age' }, '36');
    const [from, to] = [path.join(folder, 'from.parquet'), path.join(folder, 'to.parquet')];
    const rows = `VALUES (${literal(sealed)}, 'enc:v1:my own words'), ('enc:v1:cut', 'B6'), (NULL, NULL)`;
    await withDuck(undefined, (duck) =>
      duck.run(`COPY (SELECT * FROM (${rows}) t(age, note)) TO ${literal(from)} (FORMAT parquet)`),
    );
    expect(await decryptFile(from, to, { owner: 'm', columns }, keys)).toEqual({ out: to, columns: ['age'], unopened });
    expect(await withDuck(undefined, (duck) => duck.rows(`SELECT * FROM read_parquet(${literal(to)})`))).toEqual([
      { age: '36', note: 'enc:v1:my own words' },
      { age: 'enc:v1:cut', note: 'B6' },
      { age: null, note: null },
    ]);
    await home.close();
  });
});
