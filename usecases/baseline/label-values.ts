import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import type { LabelValues } from '../../core/schema-inference/decision-facts.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { openPlainTable } from '../validation/plain-table.ts';

const MAX_VALUES = 1_000;

/** Distinct values of a column; numbers where all are. Undefined when the file has no such column. */
export function labelValues(file: string, column: string): Promise<LabelValues | undefined> {
  return withDuck(undefined, async (duck) => {
    const { relation, columns } = await openPlainTable(duck, file);
    const found = columns.find(({ name }) => name === column);
    if (found === undefined) return undefined;
    const text = `(${found.expression})::VARCHAR`;
    const present = `${cellSql({ type: 'float' }, text, 'text').state} <> ${CELL_STATES.missing}`;
    const rows = await duck.rows(
      `SELECT DISTINCT ${text} AS value FROM ${relation} WHERE ${present} LIMIT ${MAX_VALUES + 1}`,
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
