import * as z from 'zod';
import { Moment } from './duration.ts';

/** One change of a quantity: at once, or linearly between two moments. */
export interface Change {
  /** Seconds since time 0. */
  readonly from: number;
  /** When the value is reached; absent: at once. */
  readonly until?: number | undefined;
  readonly value: number;
}

/** A quantity that is constant, or changes over time. */
export type Varying = number | readonly Change[];

/** The schema of a quantity that is constant or changes, in the bounds of `value`. */
export const varying = (value: z.ZodNumber) =>
  z.union([
    value,
    z
      .array(
        z.strictObject({
          from: Moment.describe('When the change begins, from time 0; the first value also holds before it'),
          until: Moment.optional().describe('When the value is reached, linearly from the one before; absent: at once'),
          value: value.describe('The value from then on'),
        }),
      )
      .min(1)
      .refine(
        (changes) => changes.every(({ from }, i) => i === 0 || from > changes[i - 1]!.from),
        'changes must ascend',
      )
      .refine(
        (changes) => changes.every(({ from, until }) => until === undefined || until > from),
        'until is after from',
      ),
  ]);

/** A share, 0 to 1. */
export const VaryingShare = varying(z.number().min(0).max(1));
/** An amount, from 0 to `max`. */
export const varyingAmount = (max: number) => varying(z.number().min(0).max(max));

/** The value at a moment, seconds since time 0. */
export function valueAt(quantity: Varying, t: number): number {
  if (typeof quantity === 'number') return quantity;
  let value = quantity[0]!.value;
  for (const change of quantity) {
    if (t < change.from) break;
    const { from, until } = change;
    value =
      until === undefined || t >= until ? change.value : value + ((change.value - value) * (t - from)) / (until - from);
  }
  return value;
}
