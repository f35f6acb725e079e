import type { Feature, FeatureType } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { Explanations } from '../../core/manifest/explanations.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { BackgroundRows, Baseline } from '../../core/profile/profile.ts';
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
  const columns = contract.features.filter(({ name }) => present.includes(name));
  if (isPersonal(contract) || columns.length === 0) return {};
  const { backgroundRows: most } = Explanations.parse(explanations ?? {});
  return { background: { columns: columns.map(({ name }) => name), rows: await drawnRows(duck, columns, most) } };
}

/** Rows of the table `rows` drawn at random, the same ones of the same data, as values of some columns. */
export async function drawnRows(
  duck: Duck,
  columns: readonly Pick<Feature, 'name' | 'type'>[],
  most: number,
): Promise<BackgroundRows['rows']> {
  const rows = await duck.rows(
    `SELECT ${columns.map(({ name }) => identifier(name)).join(', ')} FROM rows ORDER BY hash(${ROW}), ${ROW} LIMIT ${most}`,
  );
  return rows.map((row) => columns.map(({ name, type }) => backgroundCell(row[name], type)));
}

/** A value as JSON has it; what is no number in a column of numbers is missing. */
function backgroundCell(value: unknown, type: FeatureType): BackgroundRows['rows'][number][number] {
  if (value === null || value === undefined || value === '') return null;
  if (type === 'string') return String(value);
  if (type === 'boolean') return typeof value === 'boolean' ? value : /^(true|1)$/i.test(String(value));
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
