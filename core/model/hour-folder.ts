/**
 * Where the objects of an hour lie: in folders named as Hive names partitions, `column=value`, which Athena, Spark,
 * DuckDB and pyarrow read as columns of a table.
 */

/** Pattern of the folder of an hour; groups: day and hour. */
const HOUR_FOLDER = /(?:^|\/)dt=(\d{4}-\d\d-\d\d)\/hour=(\d\d)\//;

/**
 * The folder of an hour, without a slash behind it: `dt=2026-01-31/hour=12`.
 *
 * @param at an instant or hour in UTC, such as 2026-01-31T12
 */
export const hourFolder = (at: string): string => `dt=${at.slice(0, 10)}/hour=${at.slice(11, 13)}`;

/** The hour (2026-01-31T12) that a key is of; undefined for one that is under none. */
export function hourOfKey(key: string): string | undefined {
  const [, day, hour] = HOUR_FOLDER.exec(key) ?? [];
  return day === undefined ? undefined : `${day}T${hour}`;
}
