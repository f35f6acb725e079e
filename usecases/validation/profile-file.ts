import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { FileProfile } from './file-profile.ts';
import { createPlainCells } from './plain-cells.ts';
import type { PlainTable } from './plain-column.ts';
import { withPlainTable } from './plain-table.ts';

/** How cells of text are counted. */
export interface ProfileOptions {
  /** Whether NaN, NA and NULL are values of a column of text, as a contract has it, and not missing. @default false */
  readonly literalText?: boolean;
  /** How missing numbers are written in text, as a contract's `data.missingTokens`. @default NaN, NA and NULL */
  readonly missingTokens?: readonly string[] | undefined;
}

/** A file that is open, as a relation of values, with the profile that was made of it. */
export interface ProfiledFile {
  readonly duck: Duck;
  /** Its cells as they came. */
  readonly table: PlainTable;
  readonly relation: string;
  readonly columns: readonly ProfiledColumn[];
  readonly profile: FileProfile;
}

/**
 * Profiles a file of any form, without a contract: a column is numeric when all values that it has are numbers. Those
 * that no double holds are not counted as values.
 */
export const profileAnyFile = (file: string, options: ProfileOptions = {}): Promise<FileProfile> =>
  withProfiledFile(file, options, ({ profile }) => Promise.resolve(profile));

/**
 * Profiles a file as {@link profileAnyFile} does, and works with it while it is open.
 *
 * @param work is called again where the engine stumbles over a value of Parquet
 */
export function withProfiledFile<T>(
  file: string,
  { literalText = false, missingTokens }: ProfileOptions,
  work: (profiled: ProfiledFile) => Promise<T>,
): Promise<T> {
  return withDuck(undefined, (duck) =>
    withPlainTable(duck, file, async (plain) => {
      const table = missingTokens === undefined ? plain : withTokens(plain, missingTokens);
      const { relation, cells } = await createPlainCells(duck, table);
      const columns = table.columns.map(({ name, text }, i): ProfiledColumn => {
        const { numbers, field, state } = cells[i]!;
        if (numbers !== undefined) return { name, kind: 'numeric', expression: numbers, finite: true };
        const value = text(field);
        if (state === undefined || literalText) return { name, kind: 'categorical', expression: value };
        return {
          name,
          kind: 'categorical',
          expression: `CASE WHEN ${state} <> ${CELL_STATES.missing} THEN ${value} END`,
        };
      });
      const counted = await profileRelation(duck, relation, columns);
      const { delimiter = null, array = false, index, leftOut } = table;
      const profile = { ...counted, delimiter, array, index, leftOut };
      return work({ duck, table, relation, columns, profile });
    }),
  );
}

/** A table whose cells are read with these words for a missing number. */
const withTokens = (table: PlainTable, missingTokens: readonly string[]): PlainTable => ({
  ...table,
  columns: table.columns.map((column) => ({
    ...column,
    cell: (rule, field) => column.cell({ ...rule, missingTokens }, field),
  })),
});
