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
  // Only of a cell without a value its state is worked out, once.
  const cases =
    state === undefined
      ? []
      : [`WHEN ${value} IS NULL THEN ([${stateCodes(checks).join(', ')}]::TINYINT[])[${state} + 1]`];
  for (const check of checks)
    if (!STATED.has(check.name) && check.sql !== undefined) cases.push(`WHEN ${check.sql(value)} THEN ${check.code}`);
  return cases.length === 0 ? undefined : `CASE ${cases.join(' ')} ELSE 0 END`;
}

/** By the state of a cell, the code of the rule that it breaks; 0 where it breaks none. */
function stateCodes(checks: readonly ColumnCheck[]): number[] {
  const code = (name: ColumnCheck['name']): number => checks.find((check) => check.name === name)?.code ?? 0;
  const codes: number[] = [];
  codes[CELL_STATES.value] = 0;
  codes[CELL_STATES.missing] = code('missing');
  codes[CELL_STATES.type] = code('type');
  codes[CELL_STATES.range] = code('finite') || code('type');
  return codes;
}

/**
 * What {@link brokenRulesSql} finds by the states of cells alone, where a row has them as one list. Of a cell without a
 * value no other rule is broken: `brokenRulesSql` without states finds the rest.
 *
 * @param states expression of a row's list of states, in the order of the rules
 */
export function brokenStatesSql(rules: readonly ColumnRule[], states: string, table: string, id: string): string {
  const all = rules.map(({ checks }) => stateCodes(checks));
  const width = Object.keys(CELL_STATES).length;
  const cells = `SELECT ${id} AS id, unnest(range(${rules.length})) AS col, unnest(${states}) AS state FROM ${table}`;
  const codes = `SELECT id, col, ([${all.flat().join(', ')}]::TINYINT[])[${width} * col + state + 1] AS code FROM (${cells})`;
  return `SELECT * FROM (${codes} WHERE state <> ${CELL_STATES.value}) WHERE code > 0`;
}

/** Rules that the state of a cell says all about. */
const STATED = new Set<ColumnCheck['name']>(['missing', 'type', 'finite']);

/** The rule of a column that has a code. */
export const brokenRule = ({ checks }: ColumnRule, code: number): ColumnCheck =>
  checks.find((check) => check.code === code)!;
