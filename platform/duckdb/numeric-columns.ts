import { distinctEdges } from '../../core/profile/bins.ts';
import { finiteOrNull } from '../../core/profile/count.ts';
import type { ColumnProfile, NumericProfile } from '../../core/profile/profile.ts';
import { type ColumnSummary, equalWidthEdges } from '../../core/profile/summary.ts';
import { columnValues, doublesSql, nthValue, numberSql, type ProfiledColumn, type Source } from './column-batch.ts';
import { quantileEdges } from './quantile-edges.ts';

/** Sums of larger numbers may be beyond all doubles, which gives no mean. */
const LARGE_SUM = 1e290;
/** Squares of larger numbers may be beyond all doubles, which the engine refuses. */
export const LARGE_SQUARE = 1e150;

/** What is counted of a numeric column. */
export interface CountedNumbers {
  readonly profile: NumericProfile;
  readonly histogram: ColumnSummary['histogram'];
}

/**
 * Counts a batch of numeric columns in a few scans.
 *
 * @param known the reference's profiles, whose bins are used
 * @param histograms whether bins of equal width are counted, too
 */
export async function countNumbers(
  source: Source,
  columns: readonly ProfiledColumn[],
  { known, histograms }: { known: readonly (ColumnProfile | undefined)[]; histograms: boolean },
): Promise<CountedNumbers[]> {
  const moments = await momentsOf(source, columns);
  const without = columns.filter((_, i) => known[i]?.kind !== 'numeric');
  const made = await quantileEdges(source, without);
  const edges = columns.map((column, i) => {
    const reference = known[i];
    return reference?.kind === 'numeric' ? [...reference.edges] : made[without.indexOf(column)]!;
  });
  const widths = moments.map(({ min, max, whole }) =>
    histograms && min !== null && max !== null ? equalWidthEdges(min, max, whole) : [],
  );
  const inner = widths.map((width) => width.slice(1, -1));
  const counts = await countBins(source, columns, [edges, inner]);
  return columns.map((_, i) => {
    const { whole, ...kept } = moments[i]!;
    const present = source.rows - kept.missing;
    return {
      profile: {
        kind: 'numeric',
        rows: source.rows,
        edges: edges[i]!,
        counts: binned(counts[0]![i]!, edges[i]!, present),
        ...kept,
      },
      histogram:
        widths[i]!.length === 0 ? null : { edges: widths[i]!, counts: binned(counts[1]![i]!, inner[i]!, present) },
    };
  });
}

type Moments = Pick<NumericProfile, 'missing' | 'zeros' | 'min' | 'max' | 'mean' | 'm2'> & {
  /** Whether all numbers are whole. */
  readonly whole: boolean;
};

/** Moments of a batch in one scan. */
async function momentsOf({ duck, relation, rows }: Source, columns: readonly ProfiledColumn[]): Promise<Moments[]> {
  const values = columnValues(relation, columns.map(numberSql));
  const asked = columns.map((_, i) => {
    const x = nthValue(i);
    return `count(${x}) AS n${i}, min(${x}) AS lo${i}, max(${x}) AS hi${i}, avg(${x}) AS mu${i}, var_pop(CASE WHEN abs(${x}) < ${LARGE_SQUARE}::DOUBLE THEN ${x} END) AS v${i}, sum((${x} = 0)::TINYINT) AS z${i}, bool_and(${x} = trunc(${x})) AS w${i}`;
  });
  const [row = {}] = await duck.rows(`SELECT ${asked.join(', ')} FROM ${values}`);
  const found = columns.map((_, i): Moments => {
    const [min, max] = [row[`lo${i}`] as number | null, row[`hi${i}`] as number | null];
    const n = Number(row[`n${i}`]);
    const small = min !== null && max !== null && min > -LARGE_SQUARE && max < LARGE_SQUARE;
    return {
      missing: rows - n,
      zeros: Number(row[`z${i}`] ?? 0),
      min,
      max,
      mean: row[`mu${i}`] as number | null,
      m2: small ? finiteOrNull((row[`v${i}`] as number) * n) : null,
      whole: row[`w${i}`] === true,
    };
  });
  const large = found.flatMap(({ min, max }, i) =>
    min !== null && max !== null && !(min > -LARGE_SUM && max < LARGE_SUM) ? [i] : [],
  );
  if (large.length === 0) return found;
  // A mean is within the values, even where their sum is beyond all doubles.
  const scaled = large.map((i) => `avg(${nthValue(i)} / ${2 ** 64}::DOUBLE) * ${2 ** 64}::DOUBLE AS mu${i}`);
  const [means = {}] = await duck.rows(`SELECT ${scaled.join(', ')} FROM ${values}`);
  return found.map((moments, i) =>
    large.includes(i) ? { ...moments, mean: finiteOrNull(means[`mu${i}`] as number) } : moments,
  );
}

type BinCounts = ReadonlyMap<number, number>;

/**
 * Counts over several sets of bins in one scan, and with one look at each value: over the bins between all edges, which
 * are then put together.
 *
 * @returns for each set and column: edge -> values from that edge to below the next
 */
async function countBins(
  { duck, relation }: Source,
  columns: readonly ProfiledColumn[],
  sets: readonly (readonly (readonly number[])[])[],
): Promise<BinCounts[][]> {
  const all = columns.map((_, i) => distinctEdges(sets.flatMap((set) => set[i]!.map((edge) => edge + 0))));
  // The engine's bins hold their upper edge and ours their lower one, so that its numbers are ours with the sign turned.
  const asked = all.flatMap((edges, i) =>
    edges.length === 0
      ? []
      : [`histogram(-${nthValue(i)}, ${doublesSql(edges.toReversed().map((edge) => -edge))}) AS h${i}`],
  );
  if (asked.length === 0) return sets.map((set) => set.map(() => new Map()));
  const [row = {}] = await duck.rows(
    `SELECT ${asked.join(', ')} FROM ${columnValues(relation, columns.map(numberSql))}`,
  );
  const found = columns.map((_, i) => {
    const bins = (row[`h${i}`] ?? []) as { key: number; value: bigint }[];
    return new Map(bins.map(({ key, value }) => [-key + 0, Number(value)]));
  });
  return sets.map((set) => set.map((edges, i) => together(found[i]!, all[i]!, edges)));
}

/** Counts over some of the edges that bins were counted over. */
function together(counts: BinCounts, all: readonly number[], edges: readonly number[]): BinCounts {
  const sums = new Map<number, number>();
  let nth = -1;
  for (const edge of all) {
    while (nth + 1 < edges.length && edges[nth + 1]! <= edge) nth++;
    if (nth >= 0) sums.set(edges[nth]! + 0, (sums.get(edges[nth]! + 0) ?? 0) + (counts.get(edge) ?? 0));
  }
  return sums;
}

/** Counts by bin, of which the first is what no edge is below. */
function binned(counts: BinCounts, edges: readonly number[], present: number): number[] {
  const above = edges.map((edge) => counts.get(edge + 0) ?? 0);
  return [present - above.reduce((sum, n) => sum + n, 0), ...above];
}
