import { CELL_STATES, type CellRule, type CellSource } from '../../core/contract/cells/cell-rule.ts';
import { cellSql } from '../../core/contract/cells/cell-sql.ts';
import { fitsParquet } from '../../core/contract/cells/parquet-sql.ts';
import type { DataColumns } from '../../core/contract/data-columns.ts';
import { InferenceError } from '../../core/schema-inference/infer.ts';
import { identifier, withDuck } from '../../platform/duckdb/connection.ts';
import { readerOf } from '../validation/profile-file.ts';

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
    const reader = readerOf(file);
    const types = new Map(
      (await duck.rows(`DESCRIBE SELECT * FROM ${reader}`)).map(({ column_name, column_type }) => [
        String(column_name),
        String(column_type),
      ]),
    );
    const text = /\.csv(\.gz)?$/.test(file);
    /** A value that the rule does not read; undefined where it reads all that are there. */
    const odd = async (name: string, rule: CellRule): Promise<string | undefined> => {
      const parquet = types.get(name)!;
      const source: CellSource = text ? 'text' : { parquet };
      const column = identifier(name);
      const unread =
        text || fitsParquet(rule, parquet)
          ? `${cellSql(rule, column, source).state} > ${CELL_STATES.missing}`
          : `${column} IS NOT NULL`;
      const [found] = await duck.rows(`SELECT ${column}::VARCHAR AS value FROM ${reader} WHERE ${unread} LIMIT 1`);
      return found === undefined ? undefined : String(found.value);
    };
    const known = (name: string | undefined): name is string => name !== undefined && types.has(name);
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
