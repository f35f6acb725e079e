import type { LabelValues } from '../../core/schema-inference/infer-decision.ts';
import { identifier, withDuck } from '../../platform/duckdb/connection.ts';
import { readerOf } from '../validation/profile-file.ts';

const MAX_VALUES = 1_000;

/** Distinct values of a column; numbers where all are. Undefined when the file has no such column. */
export function labelValues(file: string, column: string): Promise<LabelValues | undefined> {
  return withDuck(undefined, async (duck) => {
    const reader = readerOf(file);
    const columns = await duck.rows(`DESCRIBE SELECT * FROM ${reader}`);
    if (!columns.some(({ column_name }) => column_name === column)) return undefined;
    const text = `${identifier(column)}::VARCHAR`;
    const rows = await duck.rows(
      `SELECT DISTINCT ${text} AS value FROM ${reader} WHERE ${text} <> '' LIMIT ${MAX_VALUES + 1}`,
    );
    const texts = rows.map(({ value }) => String(value));
    const more = texts.length > MAX_VALUES;
    const numeric = texts.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
    const values = numeric
      ? [...new Set(texts.map(Number))].sort((a, b) => a - b)
      : texts.sort((a, b) => (a < b ? -1 : 1));
    return { values: values.slice(0, MAX_VALUES), more };
  });
}
