import { CELL_STATES, type CellRule } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { fitsParquet } from '../../core/contract/cells/parquet-sql.ts';
import type { DataColumns } from '../../core/contract/data-columns.ts';
import { InferenceError } from '../../core/schema-inference/inference-error.ts';
import { withDuck } from '../../platform/duckdb/connection.ts';
import { openPlainTable } from '../validation/plain-table.ts';

/** Columns that somebody has named, and what only they can know. */
export interface NamedColumns {
  readonly id?: string | undefined;
  readonly time?: string | undefined;
  /** Zone of times that are written without one. */
  readonly timeZone?: string | undefined;
  /** How times are written. */
  readonly timeFormat?: string | undefined;
}

/**
 * The rules that reference data suggests for the columns that identify a row and say when it was: integers where all
 * identifiers are; times as they can be read for certain.
 *
 * @throws InferenceError when there is a time that could be read only by guessing
 */
export function inferColumns(
  file: string,
  { id, time, timeZone, timeFormat }: NamedColumns,
): Promise<Pick<DataColumns, 'id' | 'time'>> {
  return withDuck(undefined, async (duck) => {
    const { relation, columns } = await openPlainTable(duck, file);
    const byName = new Map(columns.map((column) => [column.name, column]));
    /** A value that the rule does not read; undefined where it reads all that are there. */
    const odd = async (name: string, rule: CellRule): Promise<string | undefined> => {
      const { expression, source } = byName.get(name)!;
      const unread =
        typeof source === 'string' || fitsParquet(rule, source.parquet)
          ? `${cellSql(rule, expression, source).state} > ${CELL_STATES.missing}`
          : `${expression} IS NOT NULL`;
      const [found] = await duck.rows(
        `SELECT ${expression}::VARCHAR AS value FROM ${relation} WHERE ${unread} LIMIT 1`,
      );
      return found === undefined ? undefined : String(found.value);
    };
    const known = (name: string | undefined): name is string => name !== undefined && byName.has(name);
    const whole = known(id) && (await odd(id, { type: 'integer' })) === undefined;
    const formats = timeFormat === undefined ? [] : [timeFormat];
    if (known(time)) {
      const value = await odd(time, { type: 'time', formats, zone: timeZone });
      if (value !== undefined)
        throw new InferenceError(
          `column ${time} has ${value}, which is no time for certain: say how such times are written with --time-format, ` +
            'and which zone they are in with --time-zone',
        );
    }
    const stated = {
      formats,
      ...(timeZone === undefined ? {} : { zone: timeZone }),
      required: true,
      futureToleranceSeconds: 300,
    };
    return {
      ...(whole ? { id: { name: id, type: 'integer' as const, required: true } } : {}),
      ...(known(time) && (timeZone !== undefined || timeFormat !== undefined)
        ? { time: { name: time, ...stated } }
        : {}),
    };
  });
}
