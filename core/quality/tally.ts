import * as z from 'zod';
import { ownValue } from '../model/own-value.ts';
import { BinaryTally, mergeBinary } from './binary.ts';
import { TallyMismatchError } from './mismatch.ts';
import { Moments, mergeMoments } from './moments.ts';
import { MulticlassTally, mergeMulticlass } from './multiclass.ts';
import { mergeRegression, RegressionTally } from './regression.ts';
import { mergeUnits, Units } from './units.ts';

/** What decisions turned out to be, by task. */
export const Tally = z.discriminatedUnion('task', [BinaryTally, MulticlassTally, RegressionTally]);
export type Tally = z.infer<typeof Tally>;

/** @throws TallyMismatchError when they are of different tasks, or count over different bins */
export function mergeTallies(a: Tally, b: Tally): Tally {
  if (a.task === 'binary' && b.task === 'binary') return mergeBinary(a, b);
  if (a.task === 'multiclass' && b.task === 'multiclass') return mergeMulticlass(a, b);
  if (a.task === 'regression' && b.task === 'regression') return mergeRegression(a, b);
  throw new TallyMismatchError(`one is ${a.task}, the other ${b.task}`);
}

/** Everything that is counted of one segment. */
export const SegmentTally = z.strictObject({
  /** Of the decisions whose truth is known; absent where none is, or the model makes no decision. */
  decisions: Tally.optional(),
  /** Who those decisions were made for. */
  units: Units,
  /** What predictions turned out to be worth, by business metric: number, sum and spread of the values. */
  business: z.record(z.string(), Moments),
});
export type SegmentTally = z.infer<typeof SegmentTally>;

/** @throws TallyMismatchError */
export function mergeSegments(a: SegmentTally, b: SegmentTally): SegmentTally {
  const decisions = a.decisions && b.decisions ? mergeTallies(a.decisions, b.decisions) : (a.decisions ?? b.decisions);
  const business = { ...a.business };
  for (const [name, moments] of Object.entries(b.business)) {
    const known = ownValue(business, name);
    business[name] = known ? mergeMoments(known, moments) : moments;
  }
  return { ...(decisions ? { decisions } : {}), units: mergeUnits(a.units, b.units), business };
}
