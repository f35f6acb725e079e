import { ENVELOPE, type PrivacyKeys } from '../core/contract/personal.ts';
import { identifier, literal, withDuck } from '../platform/duckdb/connection.ts';

/**
 * Copies a Parquet file with the values that its envelopes hold, as text.
 *
 * @param owner the model or dataset that the envelopes are bound to
 * @returns columns that held envelopes
 * @throws PrivacyError when one of them cannot be opened
 */
export function decryptFile(from: string, to: string, owner: string, keys: PrivacyKeys): Promise<string[]> {
  return withDuck({ memoryMb: 1024 }, async (duck) => {
    const table = `read_parquet(${literal(from)})`;
    const columns = (await duck.rows(`DESCRIBE SELECT * FROM ${table}`)).map(({ column_name, column_type }) => ({
      name: String(column_name),
      text: column_type === 'VARCHAR',
    }));
    const opened: string[] = [];
    const select: string[] = [];
    for (const [i, { name, text }] of columns.entries()) {
      const column = identifier(name);
      const [{ sealed } = { sealed: false }] = text
        ? await duck.rows(
            `SELECT count(*) FILTER (starts_with(${column}, ${literal(ENVELOPE)})) > 0 AS sealed FROM ${table}`,
          )
        : [];
      if (!sealed) {
        select.push(column);
        continue;
      }
      opened.push(name);
      duck.define(`opened_${i}`, (value) =>
        value.startsWith(ENVELOPE) ? keys.open({ owner, field: name }, value) : value,
      );
      select.push(`opened_${i}(${column}) AS ${column}`);
    }
    await duck.run(
      `COPY (SELECT ${select.join(', ')} FROM ${table}) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return opened;
  });
}
