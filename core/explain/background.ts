import type { Feature } from '../contract/contract.ts';
import { ownValue } from '../model/own-value.ts';
import type { Baseline, ColumnProfile } from '../profile/profile.ts';
import { valueOfStored } from '../profile/row-value.ts';
import type { BackgroundSource } from './explanation.ts';
import { shuffled, uniform } from './random.ts';

/** What a background needs to know of a feature. */
export interface BackgroundFeature extends Pick<Feature, 'name' | 'type' | 'personal' | 'allowed'> {
  /** Whether its input has no missing value, as integers and booleans have none. */
  readonly present?: boolean;
}

/** Rows that explanations compare with: one value a feature, null for missing. */
export interface Background {
  readonly source: BackgroundSource;
  readonly rows: readonly (readonly unknown[])[];
  /** Features that nothing is known about: undefined in every row. */
  readonly unknown: readonly string[];
}

/** The same rows, in the same order, in every process and for every request. */
const SEED = 0x7a1b;

/**
 * The background of a version: rows of the reference that its baseline keeps, else rows drawn from the baseline's
 * columns, each by itself. Nothing is kept or counted of personal features, so they are unknown; of columns, so are
 * features that drift is not looked for in.
 *
 * @param baseline without what is personal, see `withoutPersonal`
 * @param features in the order of the rows' values
 * @param most     how many rows, at most
 * @param admits   whether the model can be asked about a row; of a reference that was not held to the contract it may
 *                 be that it cannot, such as of one whose integer is missing
 */
export function backgroundOf(
  { profile, background }: Baseline,
  features: readonly BackgroundFeature[],
  most: number,
  admits: (row: readonly unknown[]) => boolean = () => true,
): Background {
  const random = uniform(SEED);
  const columns = new Map(background?.columns.map((name, i) => [name, i]));
  const counted = features.map(
    ({ name, personal }) => personal === 'no' && ownValue(profile.columns, name) !== undefined,
  );
  // Rows also have what nothing is counted of: identifiers, free text, whatever is left out of drift.
  const kept = features.map(({ name, personal }) => personal === 'no' && columns.has(name));
  const namesBut = (known: readonly boolean[]): string[] =>
    features.filter((_, i) => !known[i]).map(({ name }) => name);
  if (background !== undefined && counted.every((is, i) => !is || kept[i])) {
    const rows = [...shuffled(background.rows.length, random)]
      .map((at) =>
        features.map(({ name, type }, i) =>
          kept[i] ? valueOfStored(background.rows[at]![columns.get(name)!], type) : undefined,
        ),
      )
      .filter(admits)
      .slice(0, most);
    if (rows.length > 0) return { source: 'rows', rows, unknown: namesBut(kept) };
  }
  const drawn = features.map((feature, i) =>
    counted[i]
      ? drawColumn(ownValue(profile.columns, feature.name)!, feature, most, random)
      : new Array(most).fill(undefined),
  );
  const rows = Array.from({ length: most }, (_, row) => drawn.map((values) => values[row]));
  return { source: 'marginals', rows: rows.filter(admits), unknown: namesBut(counted) };
}

/**
 * Values of one column as its profile has them: at evenly spaced ranks, so that few rows already have the shares of
 * many, in an order drawn at random.
 */
function drawColumn(column: ColumnProfile, feature: BackgroundFeature, n: number, random: () => number): unknown[] {
  const values = Array.from({ length: n }, (_, i) => quantile(column, feature, (i + 0.5) / n));
  const drawn = new Array<unknown>(n);
  shuffled(n, random).forEach((to, from) => {
    drawn[to] = values[from];
  });
  return drawn;
}

/** The value at a rank of 0 to 1; missing values come last, where there are any. */
function quantile(column: ColumnProfile, { type, allowed, present }: BackgroundFeature, rank: number): unknown {
  const { counts } = column;
  const valued = counts.reduce((a, b) => a + b, 0);
  let left = rank * (valued + (present ? 0 : column.missing));
  if (left >= valued) return null;
  const bin = counts.findIndex((count) => {
    if (left < count) return true;
    left -= count;
    return false;
  });
  if (column.kind === 'categorical') return categoryValue(column.categories[bin]!, type);
  const { edges, min, max } = column;
  const from = edges[bin - 1] ?? min ?? 0;
  const to = edges[bin] ?? max ?? from;
  const value = from + ((to - from) * left) / counts[bin]!;
  return type === 'integer' ? nearest(Math.round(value), allowed) : value;
}

/** Profiles hold categories as text, whatever the type of the feature. */
function categoryValue(category: string, type: Feature['type']): string | boolean | number {
  if (type === 'string') return category;
  return type === 'boolean' ? category === 'true' || category === '1' : Number(category);
}

/** The allowed number that is nearest: what falls between two codes is none. */
function nearest(value: number, allowed: Feature['allowed']): number {
  const codes = allowed?.map(Number) ?? [];
  return codes.reduce(
    (best, code) => (Math.abs(code - value) < Math.abs(best - value) ? code : best),
    codes[0] ?? value,
  );
}
