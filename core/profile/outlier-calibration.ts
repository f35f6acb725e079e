import * as z from 'zod';

const Count = z.int().min(0);

/**
 * How unusual the reference's own rows are: what makes a threshold of a share. Part of a baseline, made with it; the
 * personal columns of a contract have no part in it.
 */
export const OutlierCalibration = z.strictObject({
  /** Rows of the reference that it was worked out from. */
  rows: Count,
  /** Column -> where numbers stand, finer than the profile's bins towards both ends. */
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
  /** What at most each of these shares has a rarest value rarer than; ascending. */
  alone: z.array(z.number()),
  /** What at most each of these shares has values rarer than all together; ascending. */
  together: z.array(z.number()),
});
export type OutlierCalibration = z.infer<typeof OutlierCalibration>;
