import * as z from 'zod';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import type { ColumnRule } from '../../core/contract/column-rules.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { type PrivacyKeys, personalColumns, treatmentBy, treatmentOf } from '../../core/contract/personal.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';

/** Whose data it is, and what personal columns are treated with. */
export interface PersonalOptions {
  /** Model or dataset: what envelopes are bound to. */
  readonly owner: string;
  /** Without them, columns to be hashed or encrypted are omitted. */
  readonly keys?: PrivacyKeys | undefined;
}

/** What was done with each personal column. */
export const Treated = z.record(z.string(), z.enum(['omit', 'hash', 'encrypt']));
export type Treated = z.infer<typeof Treated>;

/** Personal columns as SQL. */
export interface PersonalSql {
  readonly treated: Treated;
  /** Expression of a column as it is kept; undefined for one that is omitted. */
  expression(column: string): string | undefined;
  /** Expression of the pseudonym of whom a row is about; undefined where the contract or the keys do not say. */
  readonly subject: string | undefined;
}

/** Makes the treatment of a contract's personal columns known to the engine. */
export function personalSql(
  duck: Duck,
  contract: Contract,
  rules: readonly ColumnRule[],
  { owner, keys }: PersonalOptions,
): PersonalSql {
  const columns = rules.map(({ name }) => name);
  const treated: Record<string, 'omit' | 'hash' | 'encrypt'> = {};
  const expressions = new Map<string, string>();
  const define = (name: string, column: string, treat: (value: string) => string): string => {
    duck.define(name, isNumber(contract, column) ? (text) => treat(asInRequests(text)) : treat);
    return `${name}(nullif(${textOf(column)}, ''))`;
  };
  const textOf = (column: string): string => {
    const { type } = cellSql(rules.find(({ name }) => name === column)!, column, 'text');
    return parquetText(identifier(column), type);
  };
  const present = personalColumns(contract).filter((name) => columns.includes(name));
  for (const [i, column] of present.entries()) {
    const treatment = treatmentOf(contract, column) as 'omit' | 'hash' | 'encrypt';
    const treat = treatmentBy(treatment, { owner, field: column }, keys);
    treated[column] = treat === undefined ? 'omit' : treatment;
    if (treat !== undefined) expressions.set(column, define(`treated_${i}`, column, treat));
  }
  const { subject } = contract.data;
  const known = subject !== undefined && keys !== undefined && columns.includes(subject);
  return {
    treated,
    expression: (column) => (Object.hasOwn(treated, column) ? expressions.get(column) : identifier(column)),
    subject: known ? define('subject_of', subject, (value) => keys.pseudonym(subject, value)) : undefined,
  };
}

const isNumber = (contract: Contract, column: string): boolean =>
  contract.features.some(({ name, type }) => name === column && (type === 'float' || type === 'integer'));

/** A number as a capture has it (`36`, not `36.0`), so that its pseudonym is the same in files and in requests. */
const asInRequests = (text: string): string => String(Number(text));
