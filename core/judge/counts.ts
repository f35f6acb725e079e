import * as z from 'zod';

/** What was counted of one version: trials, and how many of them were bad (failed, slow, wrong). */
export const Counts = z.strictObject({
  n: z.number().min(0).describe('Trials; fewer than were made where those of one unit are alike.'),
  bad: z.number().min(0).describe('Bad ones among them.'),
});
export type Counts = z.infer<typeof Counts>;

export const NO_COUNTS: Counts = { n: 0, bad: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({ n: a.n + b.n, bad: a.bad + b.bad });

/** What two versions did while the shares of the traffic stayed as they were. */
export interface JudgedStratum {
  /**
   * The suspect's share of what was given to either of the two at random. Absent where nothing was: the suspect comes
   * after the reference, and had none of the traffic beside it.
   */
  readonly share?: number | undefined;
  readonly suspect: Counts;
  readonly reference: Counts;
}

export function totalOf(strata: readonly JudgedStratum[]): { suspect: Counts; reference: Counts } {
  let [suspect, reference] = [NO_COUNTS, NO_COUNTS];
  for (const each of strata) {
    suspect = addCounts(suspect, each.suspect);
    reference = addCounts(reference, each.reference);
  }
  return { suspect, reference };
}
