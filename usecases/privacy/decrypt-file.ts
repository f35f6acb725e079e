import { ENVELOPE, type PrivacyKeys } from '../../core/contract/personal.ts';
import { identifier, literal, plainPath, withDuck } from '../../platform/duckdb/connection.ts';
import type { DecryptedFileView } from './decrypt-view.ts';

/** Whose envelopes a file holds, and where. */
export interface Sealed {
  /** The model or dataset that the envelopes are bound to. */
  readonly owner: string;
  /** Columns that are encrypted: in others a text that looks like an envelope is a text. @default any */
  readonly columns?: ReadonlySet<string> | undefined;
}

/** Copies a Parquet file with the values that its envelopes hold, as text. */
export function decryptFile(
  from: string,
  to: string,
  { owner, columns: sealed }: Sealed,
  keys: PrivacyKeys,
): Promise<DecryptedFileView> {
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const table = `read_parquet(${literal(await plainPath(duck, from))}, hive_partitioning = false)`;
    const described = (await duck.rows(`DESCRIBE SELECT * FROM ${table}`)).map(({ column_name, column_type }) => ({
      name: String(column_name),
      text: column_type === 'VARCHAR',
    }));
    const columns: string[] = [];
    const select: string[] = [];
    let unopened = 0;
    for (const [i, { name, text }] of described.entries()) {
      const column = identifier(name);
      if (!text || sealed?.has(name) === false) {
        select.push(column);
        continue;
      }
      const opened = (value: string): string | undefined => {
        try {
          return keys.open({ owner, field: name }, value);
        } catch {
          return undefined;
        }
      };
      duck.define(`opens_${i}`, (value) => (opened(value) === undefined ? 'no' : 'yes'));
      duck.define(`opened_${i}`, (value) => (value.startsWith(ENVELOPE) ? (opened(value) ?? value) : value));
      const [{ yes, no } = { yes: 0, no: 0 }] = await duck.rows(
        `SELECT count(*) FILTER (opens = 'yes') AS yes, count(*) FILTER (opens = 'no') AS no
           FROM (SELECT opens_${i}(${column}) AS opens FROM ${table} WHERE starts_with(${column}, ${literal(ENVELOPE)}))`,
      );
      unopened += Number(no);
      if (Number(yes) > 0) columns.push(name);
      select.push(Number(yes) > 0 ? `opened_${i}(${column}) AS ${column}` : column);
    }
    await duck.run(
      `COPY (SELECT ${select.join(', ')} FROM ${table}) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return { out: to, columns, unopened };
  });
}
