import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { identifier, literal, withDuck } from '../../platform/duckdb/connection.ts';

/**
 * Works with a table of reference data. The first column of a CSV file is left out where it has no name: that is how
 * pandas writes its index along, which counts rows and says nothing of them.
 *
 * @param work gets the file to read, and what is to be told
 */
export async function withoutIndex<T>(file: string, work: (file: string, notices: string[]) => Promise<T>): Promise<T> {
  if (!file.endsWith('.csv') || !/^\ufeff?(?:""|),/.test(await headerOf(file))) return work(file, []);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-reference-'));
  try {
    const target = path.join(folder, path.basename(file));
    await withDuck(undefined, async (duck) => {
      const reader = `read_csv(${literal(file)}, header = true, delim = ',', quote = '"', escape = '"', all_varchar = true, nullstr = '', allow_quoted_nulls = false)`;
      const [first] = await duck.rows(`DESCRIBE SELECT * FROM ${reader}`);
      await duck.run(
        `COPY (SELECT * EXCLUDE (${identifier(String(first!.column_name))}) FROM ${reader}) TO ${literal(target)} (FORMAT csv, HEADER)`,
      );
    });
    return await work(target, [
      `the first column of ${path.basename(file)} has no name: it is the index that pandas writes along, and is left out; ` +
        'files to be validated must not have it (to_csv(…, index=False))',
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function headerOf(file: string): Promise<string> {
  const lines = createInterface({ input: createReadStream(file, 'utf8') });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
