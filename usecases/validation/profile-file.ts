import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { FileProfile } from './file-profile.ts';
import { createPlainCells } from './plain-cells.ts';
import { withPlainTable } from './plain-table.ts';

/** How cells of text are counted. */
export interface ProfileOptions {
  /** Whether NaN, NA and NULL are values of a column of text, as a contract has it, and not missing. @default false */
  readonly literalText?: boolean;
}

/**
 * Profiles a file of any form, without a contract: a column is numeric when all values that it has are numbers. Those
 * that no double holds are not counted as values.
 */
export function profileAnyFile(file: string, { literalText = false }: ProfileOptions = {}): Promise<FileProfile> {
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
      const { delimiter = null, array = false, index, leftOut } = table;
      return {
        ...(await profileRelation(duck, relation, profiled)),
        delimiter,
        array,
        index,
        leftOut,
      };
    }),
  );
}
