import * as z from 'zod';

/** What a canary is held against before its next step: `rollout.analysis` of the manifest. */
export const AnalysisPolicy = z.strictObject({
  /** Without it, a step is taken when it has held, has had traffic and no alarm is up. */
  enabled: z.boolean().default(true),
  /** Fewest requests of each of the two, in the step, that say anything. */
  minSamples: z.int().min(1).default(50),
  /** By how much the share of failed requests may be higher than the champion's. */
  maxFailureIncrease: z.number().gt(0).max(1).default(0.02),
  /** By how much the share of wrong decisions may be higher than the champion's, where there is truth. */
  maxWrongIncrease: z.number().gt(0).max(1).default(0.05),
  /** By what factor the mean time of a request may be longer than the champion's; 5 ms more are always let pass. */
  maxLatencyRatio: z.number().gt(1).default(1.5),
  /** Whether a step waits for ground truth of both. */
  requireTruth: z.boolean().default(false),
});
export type AnalysisPolicy = z.infer<typeof AnalysisPolicy>;
