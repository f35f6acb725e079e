import * as z from 'zod';

/**
 * What people want to know of a column beside its profile. Distinct and most frequent values of two sets of rows cannot
 * be merged exactly, so none of it belongs into a baseline: a summary is of one file, for its report.
 */

const Count = z.int().min(0);

export const ColumnSummary = z.strictObject({
  distinct: z
    .strictObject({
      count: Count.describe('Number of different values.'),
      exact: z.boolean().describe('false where there are more than that.'),
    })
    .describe('How many different values are present.'),
  top: z
    .array(
      z.strictObject({
        value: z.string().describe('As text; a long one is cut.'),
        count: Count.describe('Rows that have it.'),
      }),
    )
    .describe('The most frequent values, exactly counted; empty where numbers have too many.'),
  histogram: z
    .strictObject({
      edges: z.array(z.number()).describe('Ascending; bin i holds edges[i] <= x < edges[i+1], the last its end, too.'),
      counts: z.array(Count).describe('edges.length - 1 counts.'),
    })
    .nullable()
    .describe('Counts of numbers over bins of equal width; null for categories, and without a finite number.'),
});
export type ColumnSummary = z.infer<typeof ColumnSummary>;

export const TIME_UNITS = ['hour', 'day', 'week', 'month', 'year'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

export const MissingOverTime = z.strictObject({
  column: z.string().describe('The column of times.'),
  unit: z.enum(TIME_UNITS).describe('How long a period is.'),
  periods: z
    .array(
      z.strictObject({
        from: z.string().describe('Begin, ISO 8601 in UTC.'),
        rows: Count.describe('Rows of the period.'),
      }),
    )
    .describe('Periods that have rows, in order; the latest where there are very many.'),
  missing: z
    .record(z.string(), z.array(Count))
    .describe('Column -> missing values by period; only of the columns that miss most.'),
});
export type MissingOverTime = z.infer<typeof MissingOverTime>;

export const TableSummary = z.strictObject({
  columns: z.record(z.string(), ColumnSummary).describe('By column name, as in the profile.'),
  missingOverTime: MissingOverTime.nullable().describe('null without a column of times, and where nothing is missing.'),
});
export type TableSummary = z.infer<typeof TableSummary>;

/** Bins of {@link equalWidthEdges}, at most. */
const MAX_BINS = 20;

/**
 * Edges of bins of equal width from the least to the greatest number. Those of whole numbers are whole, for a width of
 * 2.5 would hold two numbers here and three there.
 */
export function equalWidthEdges(min: number, max: number, whole: boolean): number[] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [];
  if (min === max) return [min, max];
  if (whole && max - min < Number.MAX_SAFE_INTEGER) {
    const width = Math.ceil((max - min + 1) / MAX_BINS);
    return Array.from({ length: Math.ceil((max - min + 1) / width) + 1 }, (_, i) => min + i * width);
  }
  const edges = [min];
  for (let i = 1; i < MAX_BINS; i++) {
    // By shares: the distance of the two largest numbers is beyond all doubles. Neighbours have no twenty between them.
    const edge = min * (1 - i / MAX_BINS) + max * (i / MAX_BINS);
    if (edge > edges.at(-1)! && edge < max) edges.push(edge);
  }
  return [...edges, max];
}

const HOUR = 3_600_000;

/** The unit by which a span of time is cut into few dozen periods. @param span milliseconds */
export function timeUnitFor(span: number): TimeUnit {
  if (span <= 60 * HOUR) return 'hour';
  if (span <= 60 * 24 * HOUR) return 'day';
  if (span <= 60 * 168 * HOUR) return 'week';
  return span <= 60 * 730 * HOUR ? 'month' : 'year';
}
