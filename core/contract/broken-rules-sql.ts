import { CELL_STATES } from './cells/cell-rule.ts';
import type { ColumnCheck, ColumnRule } from './column-rules.ts';

/** A column as a query has it: its rule, and expressions of what `cellSql` made of it. */
export interface CheckedColumn {
  readonly rule: ColumnRule;
  readonly value: string;
  /** Left out where every cell has a value. */
  readonly state?: string | undefined;
}

/**
 * One query, however many columns there are: a row for each cell of `table` that breaks a rule, with `id`, the row's;
 * `col`, the index of the column among those given; and `code`, that of the first rule broken (see {@link brokenRule}).
 * In no order.
 *
 * @param id expression of a row's id
 */
export function brokenRulesSql(columns: readonly CheckedColumn[], table: string, id: string): string {
  const codes = columns.map(codeSql);
  const asked = columns.flatMap((_, i) => (codes[i] === undefined ? [] : [i]));
  if (asked.length === 0) return `SELECT ${id} AS id, 0 AS col, 0::TINYINT AS code FROM ${table} WHERE false`;
  const list = `[${asked.map((i) => codes[i]).join(', ')}]::TINYINT[]`;
  const places = `[${asked.join(', ')}]`;
  // Of nearly all rows nothing is broken: their codes are made, and gone before anything is made of them.
  const any = `greatest(${asked.map((i) => codes[i]).join(', ')}) > 0`;
  const rows = `SELECT ${id} AS id, ${list} AS codes FROM ${table}${asked.length > FUSED ? '' : ` WHERE ${any}`}`;
  return `SELECT * FROM (SELECT id, unnest(${places}) AS col, unnest(codes) AS code FROM (${rows})) WHERE code > 0`;
}

/** With more columns, conditions for a row as a whole take longer to plan than the lists of all of them to make. */
const FUSED = 100;

/** Expression of the code of the first rule that a cell breaks, 0 where it breaks none; undefined where none can be. */
function codeSql({ rule: { checks }, value, state }: CheckedColumn): string | undefined {
  const code = (name: ColumnCheck['name']): number => checks.find((check) => check.name === name)?.code ?? 0;
  const cases: string[] = [];
  if (state !== undefined) {
    const codes = { missing: code('missing'), type: code('type'), range: code('finite') || code('type'), value: 0 };
    const byState = Object.keys(CELL_STATES).map((name) => codes[name as keyof typeof CELL_STATES]);
    // Only of a cell without a value its state is worked out, once.
    cases.push(`WHEN ${value} IS NULL THEN ([${byState.join(', ')}]::TINYINT[])[${state} + 1]`);
  }
  for (const check of checks)
    if (!STATED.has(check.name) && check.sql !== undefined) cases.push(`WHEN ${check.sql(value)} THEN ${check.code}`);
  return cases.length === 0 ? undefined : `CASE ${cases.join(' ')} ELSE 0 END`;
}

/** Rules that the state of a cell says all about. */
const STATED = new Set<ColumnCheck['name']>(['missing', 'type', 'finite']);

/** The rule of a column that has a code. */
export const brokenRule = ({ checks }: ColumnRule, code: number): ColumnCheck =>
  checks.find((check) => check.code === code)!;
