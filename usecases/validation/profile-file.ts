import { CELL_STATES } from '../../core/contract/cells/cell-rule.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { profileRelation } from '../../platform/duckdb/profile.ts';
import type { FileProfile } from './file-profile.ts';
import { createPlainCells, numberOf } from './plain-cells.ts';
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
      const { relation, numeric } = await createPlainCells(duck, table);
      const profiled = table.columns.map((column, i): ProfiledColumn => {
        const { name, kind } = column;
        if (numeric.has(i)) return { name, kind: 'numeric', expression: `n${i}`, finite: true };
        const text = column.text(`f${i}`);
        if (kind !== 'text' || literalText) return { name, kind: 'categorical', expression: text };
        const state = numberOf(column, `f${i}`)!.stateBeside(`n${i}`);
        return {
          name,
          kind: 'categorical',
          expression: `CASE WHEN ${state} <> ${CELL_STATES.missing} THEN ${text} END`,
        };
      });
      const { delimiter, index, leftOut } = table;
      return {
        ...(await profileRelation(duck, relation, profiled)),
        ...(delimiter === undefined ? {} : { delimiter }),
        index,
        leftOut,
      };
    }),
  );
}
