import type { Feature, FeatureType } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { Explanations } from '../../core/manifest/explanations.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Baseline } from '../../core/profile/profile.ts';
import { type RowValue, storedOf } from '../../core/profile/row-value.ts';
import { type Duck, identifier } from '../../platform/duckdb/connection.ts';
import { ROW } from '../validation/create-cells.ts';

/**
 * Rows of the reference that explanations compare with: the same ones of the same data. None where anything is
 * personal, for what is left of such a row could still tell whose it is.
 *
 * @param duck    with the reference in the table `rows`
 * @param present columns that the reference has
 */
export async function backgroundIn(
  duck: Duck,
  { contract, explanations }: Pick<Manifest, 'contract' | 'explanations'>,
  present: readonly string[],
): Promise<Pick<Baseline, 'background'>> {
  const known = new Set(present);
  const columns = contract.features.filter(({ name }) => known.has(name));
  if (isPersonal(contract) || columns.length === 0) return {};
  const { backgroundRows: most } = Explanations.parse(explanations ?? {});
  const rows = (await drawnRows(duck, columns, most)).map((row) => row.map(storedOf));
  return { background: { columns: columns.map(({ name }) => name), rows } };
}

/** Rows of the table `rows` drawn at random, the same ones of the same data, as values of some columns. */
export async function drawnRows(
  duck: Duck,
  columns: readonly Pick<Feature, 'name' | 'type'>[],
  most: number,
): Promise<RowValue[][]> {
  const drawn = (await duck.rows(`SELECT ${ROW} AS row FROM rows ORDER BY hash(${ROW}), ${ROW} LIMIT ${most}`)).map(
    ({ row }) => Number(row),
  );
  const rows = new Map<number, RowValue[]>();
  // In one query with their drawing all columns would be sorted.
  for await (const [numbers, ...cells] of duck.columns(
    `SELECT ${[ROW, ...columns.map(({ name }) => identifier(name))].join(', ')} FROM rows WHERE ${ROW} IN (${[-1, ...drawn].join(', ')})`,
  ))
    for (const [i, row] of numbers!.entries())
      rows.set(
        Number(row),
        columns.map(({ type }, c) => rowValue(cells[c]![i], type)),
      );
  return drawn.map((row) => rows.get(row)!);
}

/** A value of a cell, every digit of it; what is no number in a column of numbers is missing. */
function rowValue(value: unknown, type: FeatureType): RowValue {
  if (value === null || value === undefined || value === '') return null;
  if (type === 'string') return String(value);
  if (type === 'boolean') return typeof value === 'boolean' ? value : /^(true|1)$/i.test(String(value));
  if (type === 'integer') {
    const whole = wholeNumber(value);
    if (whole !== undefined) return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value)
    ? BigInt(value.trim().replace('+', ''))
    : undefined;
}
