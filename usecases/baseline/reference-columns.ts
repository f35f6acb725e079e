import { CELL_STATES, type CellRule } from '../../core/contract/cells/cell-rule.ts';
import type { DataColumns } from '../../core/contract/data-columns.ts';
import { InferenceError } from '../../core/schema-inference/inference-error.ts';
import type { Duck } from '../../platform/duckdb/connection.ts';
import type { PlainTable } from '../validation/plain-column.ts';

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
export async function inferColumns(
  duck: Duck,
  { relation, columns }: PlainTable,
  { id, time, timeZone, timeFormat }: NamedColumns,
): Promise<Pick<DataColumns, 'id' | 'time'>> {
  const byName = new Map(columns.map((column) => [column.name, column]));
  /** A value that the rule does not read; undefined where it reads all that are there. */
  const odd = async (name: string, rule: CellRule): Promise<string | undefined> => {
    const { field, text, cell } = byName.get(name)!;
    const read = cell(rule, field);
    const unread = read === undefined ? `${field} IS NOT NULL` : `${read.state} > ${CELL_STATES.missing}`;
    const [found] = await duck.rows(`SELECT ${text(field)} AS value FROM ${relation} WHERE ${unread} LIMIT 1`);
    return found === undefined ? undefined : String(found.value);
  };
  const known = (name: string | undefined): name is string => name !== undefined && byName.has(name);
  const whole = known(id) && (await odd(id, { type: 'integer' })) === undefined;
  const formats = timeFormat === undefined ? [] : [timeFormat];
  if (known(time)) {
    const value = await odd(time, { type: 'time', formats, zone: timeZone });
    if (value !== undefined && BEYOND_MICROSECONDS.test(value))
      throw new InferenceError(`column ${time} has ${value}: times are kept to the microsecond, and no finer`);
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
    ...(known(time) && (timeZone !== undefined || timeFormat !== undefined) ? { time: { name: time, ...stated } } : {}),
  };
}

const BEYOND_MICROSECONDS = /\.\d{6}0*[1-9]/;
