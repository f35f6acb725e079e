import path from 'node:path';
import { expect, it } from 'vitest';
import { identifier, withDuck } from '../../../platform/duckdb/connection.ts';
import { withParquet } from '../../../usecases/validation/parquet-file.ts';
import { withReplacements } from '../../../usecases/validation/stored-sql.ts';

const BAD_UTF8 = path.join(import.meta.dirname, '../../fixtures/parquet/bad-utf8.parquet');

it('shows bytes that are no text by U+FFFD, and all other text as it is', async () => {
  const rows = await withDuck(undefined, (duck) =>
    withParquet(duck, BAD_UTF8, ({ relation }) =>
      duck.rows(
        `SELECT to_json(t)::VARCHAR AS row FROM (SELECT s, max(hash(s)) OVER () > 0 FROM ${relation(identifier)}) t`,
      ),
    ),
  );
  const shown = rows.map(({ row }) => JSON.parse(withReplacements(String(row))) as { s: string });
  expect(shown.map(({ s }) => s)).toEqual(['ab', '\ufffd\ufffd', 'c']);
  const others = '{"a":"\\u0000","b":":\\"\\u0000\\u0001\\\\xFF","c":"\\\\xFF"}';
  expect(withReplacements(others)).toBe(others);
  expect(withReplacements('{"a":"\\u0000\\u0001caf\\\\xC3\\\\xA9 \\\\xFF\\\\x5C"}')).toBe('{"a":"café \ufffd\\\\"}');
});
