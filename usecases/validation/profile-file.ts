import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { batchesOf, type ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { FileProfile } from './file-profile.ts';
import { openPlainTable, type PlainColumn } from './plain-table.ts';

/** Types of the engine that are numbers. */
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

const FILE = 'plain_file';

/** How cells of text are counted. */
export interface ProfileOptions {
  /** Whether NaN, NA and NULL are values of a column of text, as a contract has it, and not missing. @default false */
  readonly literalText?: boolean;
  /** What else is asked of the file while it is open, once it is profiled. */
  readonly also?: (duck: Duck, profiled: ProfiledFile) => Promise<void>;
}

/** A file as a relation, with the profile that was made of it. */
export interface ProfiledFile {
  readonly relation: string;
  readonly columns: readonly ProfiledColumn[];
  readonly profile: Profile;
}

/**
 * Profiles a file of any form, without a contract: a column is numeric when all values that it has are numbers. Those
 * that no double holds are not counted as values.
 */
export async function profileAnyFile(
  file: string,
  { literalText = false, also }: ProfileOptions = {},
): Promise<FileProfile> {
  return withDuck(undefined, async (duck) => {
    const { relation, columns: found, index, leftOut } = await openPlainTable(duck, file);
    // Names of ours: those of the file never meet the engine.
    const selected = found.map(({ expression }, i) => `${expression} AS f${i}`);
    await duck.run(`CREATE TEMP TABLE ${FILE} AS SELECT ${selected.join(', ')} FROM ${relation}`);
    const columns = found.map((column, i) => ({ ...column, expression: `f${i}` }));
    const numbers = await columnsOfNumbers(duck, columns.filter(isText));
    const profiled = columns.map((column): ProfiledColumn => {
      const { name, expression, type } = column;
      if (NUMERIC.test(type)) return { name, kind: 'numeric', expression: `TRY_CAST(${expression} AS DOUBLE)` };
      const { value, state } = asNumber(column);
      if (numbers.has(name)) return { name, kind: 'numeric', expression: value };
      const text = `${expression}::VARCHAR`;
      return {
        name,
        kind: 'categorical',
        expression:
          isText(column) && !literalText ? `CASE WHEN ${state} <> ${CELL_STATES.missing} THEN ${text} END` : text,
      };
    });
    const profile = await profileRelation(duck, FILE, profiled);
    await also?.(duck, { relation: FILE, columns: profiled, profile });
    return { ...profile, index, leftOut };
  });
}

const isText = ({ type }: PlainColumn): boolean => type === 'VARCHAR';

const asNumber = ({ expression }: PlainColumn) => cellSql({ type: 'float' }, expression, 'text');

/** Columns of text that have values, all of which are numbers. */
async function columnsOfNumbers(duck: Duck, columns: readonly PlainColumn[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const batch of batchesOf(columns, 1)) {
    const counts = batch.map((column, i) => {
      const { value, state } = asNumber(column);
      return `count(${value}) AS numbers${i}, count(*) FILTER (${state} = ${CELL_STATES.type}) AS others${i}`;
    });
    const [row = {}] = await duck.rows(`SELECT ${counts.join(', ')} FROM ${FILE}`);
    for (const [i, { name }] of batch.entries())
      if (Number(row[`numbers${i}`]) > 0 && Number(row[`others${i}`]) === 0) found.add(name);
  }
  return found;
}
