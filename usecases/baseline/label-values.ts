import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import { FLOAT, withoutBlanks } from '../../core/contract/cells/literals.ts';
import type { LabelValues } from '../../core/schema-inference/decision-facts.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import type { PlainColumn, PlainTable } from '../validation/plain-column.ts';

const MAX_VALUES = 1_000;

/** Distinct values of a column; numbers where all are. Undefined when the file has no such column. */
export async function labelValues(
  duck: Duck,
  { relation, columns }: PlainTable,
  column: string,
): Promise<LabelValues | undefined> {
  const found = columns.find(({ name }) => name === column);
  if (found === undefined) return undefined;
  const rows = await duck.rows(
    `SELECT DISTINCT ${found.text(found.field)} AS value FROM ${relation} WHERE ${presentSql(found)} LIMIT ${MAX_VALUES + 1}`,
  );
  const texts = rows.map(({ value }) => String(value));
  const more = texts.length > MAX_VALUES;
  const numeric = texts.every(isExactNumber);
  const values = numeric
    ? [...new Set(texts.map((text) => Number(withoutBlanks(text))))].sort((a, b) => a - b)
    : texts.sort((a, b) => (a < b ? -1 : 1));
  return { values: values.slice(0, MAX_VALUES), more };
}

const IS_FLOAT = new RegExp(`^${FLOAT}$`);

/** Whether a double is the number that is written: integers beyond its digits are names, as of customers. */
function isExactNumber(text: string): boolean {
  const bare = withoutBlanks(text);
  const number = Number(bare);
  if (!IS_FLOAT.test(bare) || !Number.isFinite(number)) return false;
  return Number.isSafeInteger(number) || !Number.isInteger(number) || !/^-?\d+$/.test(bare);
}

/** Condition for a cell that has a value: of text the words for a missing number are none. */
function presentSql({ field, cell }: PlainColumn): string {
  const number = cell({ type: 'float' }, field);
  return number === undefined ? `${field} IS NOT NULL` : `${number.state} <> ${CELL_STATES.missing}`;
}
