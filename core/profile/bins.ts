import type { CategoricalProfile, ColumnProfile, NumericProfile } from './profile.ts';

/** Most categories that are counted one by one. */
export const MAX_CATEGORIES = 1_000;

/** Index of the bin that a number falls into: bin i holds edges[i-1] <= x < edges[i]. */
export function binOf(edges: readonly number[], x: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (x >= edges[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The finite edges among those given, ascending and without the ties that quantiles may have. */
export const distinctEdges = (edges: readonly number[]): number[] =>
  [...new Set(edges.filter(Number.isFinite))].sort((a, b) => a - b);

/**
 * All counts of a column in one fixed order, missing values last: numeric bins, then missing; categories, then
 * `other`, `unseen` and missing. Their sum is the number of rows.
 */
export function countsOf(column: ColumnProfile): number[] {
  return column.kind === 'numeric'
    ? [...column.counts, column.missing]
    : [...column.counts, column.other, column.unseen, column.missing];
}

/**
 * Compiles a column to what gives a value's place among the counts of {@link countsOf}: null and NaN are missing, and
 * what is none of the categories is other.
 */
export function compilePlace(column: ColumnProfile): (value: number | string | null) => number {
  if (column.kind === 'numeric') {
    const { edges } = column;
    const missing = edges.length + 1;
    return (value) => (value === null || Number.isNaN(value) ? missing : binOf(edges, value as number));
  }
  const places = new Map<number | string, number>(column.categories.map((category, i) => [category, i]));
  const other = column.categories.length;
  return (value) => (value === null ? other + 2 : (places.get(value) ?? other));
}

/** A label for each of the counts of {@link countsOf}, in their order. */
export function labelsOf(column: ColumnProfile): string[] {
  if (column.kind === 'categorical') return [...column.categories, 'other', 'unseen', 'missing'];
  const { edges } = column;
  if (edges.length === 0) return ['any', 'missing'];
  const text = (x: number): string => String(Number(x.toPrecision(6)));
  return [
    `< ${text(edges[0]!)}`,
    ...edges.slice(1).map((edge, i) => `${text(edges[i]!)} – ${text(edge)}`),
    `≥ ${text(edges.at(-1)!)}`,
    'missing',
  ];
}

/** A profile with the same bins and nothing counted. */
export function emptyLike(column: ColumnProfile): ColumnProfile {
  if (column.kind === 'numeric')
    return {
      ...column,
      rows: 0,
      missing: 0,
      zeros: 0,
      counts: column.counts.map(() => 0),
      min: null,
      max: null,
      mean: null,
      m2: null,
    } satisfies NumericProfile;
  return {
    ...column,
    rows: 0,
    missing: 0,
    counts: column.counts.map(() => 0),
    other: 0,
    unseen: 0,
  } satisfies CategoricalProfile;
}
