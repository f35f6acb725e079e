import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { type Duck, withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { FileProfile } from './file-profile.ts';
import { createPlainCells } from './plain-cells.ts';
import { withPlainTable } from './plain-table.ts';

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
export function profileAnyFile(file: string, { literalText = false, also }: ProfileOptions = {}): Promise<FileProfile> {
  return withDuck(undefined, (duck) =>
    withPlainTable(duck, file, async (table) => {
      const { relation, cells } = await createPlainCells(duck, table);
      const profiled = table.columns.map(({ name, text }, i): ProfiledColumn => {
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
      const profile = await profileRelation(duck, relation, profiled);
      await also?.(duck, { relation, columns: profiled, profile });
      const { delimiter = null, array = false, index, leftOut } = table;
      return {
        ...profile,
        delimiter,
        array,
        index,
        leftOut,
      };
    }),
  );
}
