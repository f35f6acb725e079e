import * as z from 'zod';

const Count = z.int().min(0);

/**
 * How unusual the rows of the reference are among themselves, as part of a baseline. From it the share of requests that
 * a manifest lets count as outliers becomes a threshold of their score. Personal columns are left out.
 */
export const OutlierCalibration = z.strictObject({
  /** Rows of the reference that were scored. */
  rows: Count,
  /** Column -> empirical distribution of its numbers, finer than the profile's bins towards both ends. */
  ranks: z.record(
    z.string(),
    z.strictObject({
      missing: Count,
      present: Count,
      min: z.number().nullable(),
      max: z.number().nullable(),
      edges: z.array(z.number()),
      below: z.array(Count),
    }),
  ),
  /** Shares of the reference, descending. */
  shares: z.array(z.number().gt(0).lt(1)).min(1),
  /** Score of the rarest value that at most each of these shares of the rows exceeds; ascending. */
  alone: z.array(z.number()),
  /** Sum of the scores of all values that at most each of these shares of the rows exceeds; ascending. */
  together: z.array(z.number()),
});
export type OutlierCalibration = z.infer<typeof OutlierCalibration>;
