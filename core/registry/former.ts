import * as z from 'zod';
import { Instant, VersionNumber } from '../model/names.ts';
import type { ReleaseState } from './ledger.ts';

/**
 * The release state as it was written before there could be several challengers. It says what was, so it never
 * changes: entries written then are read, and vouched for, for ever.
 */
export const FormerState = z.strictObject({
  revision: z.int().min(0),
  since: Instant.nullable(),
  champion: VersionNumber.nullable(),
  previous: z.array(VersionNumber),
  challenger: z
    .strictObject({
      version: VersionNumber,
      weight: z.number().gt(0).lt(1),
      steps: z.array(z.number()).min(1),
      step: z.int().min(0),
      since: Instant,
    })
    .nullable(),
  shadow: VersionNumber.nullable(),
  latest: z.int().min(0),
  approved: z.array(VersionNumber),
  rejected: z.array(VersionNumber),
  quarantined: z.array(z.strictObject({ version: VersionNumber, reason: z.string() })),
  awaiting: z.strictObject({ target: VersionNumber, since: Instant }).nullable(),
  lastRollback: Instant.nullable(),
  retraining: Instant.nullable(),
});
export type FormerState = z.infer<typeof FormerState>;

/** Reads a former state. Its challenger goes on with the very callers it had: they were those below its weight. */
export function fromFormer({ challenger, shadow, ...rest }: FormerState): ReleaseState {
  return {
    ...rest,
    challengers: challenger === null ? [] : [{ ...challenger, slices: [[0, challenger.weight]] }],
    salt: challenger?.version ?? null,
    // Since when it was one was not written down; no earlier than the traffic last changed hands says the least.
    shadow: shadow === null ? null : { version: shadow, since: rest.since! },
  };
}

/** A state as it was written, of one that was read by `fromFormer`. */
export function toFormer({ challengers, shadow, salt: _, ...rest }: ReleaseState): FormerState {
  const [first] = challengers;
  const { slices: __, ...challenger } = first ?? { slices: [] };
  return {
    ...rest,
    challenger: first === undefined ? null : (challenger as FormerState['challenger']),
    shadow: shadow?.version ?? null,
  };
}
