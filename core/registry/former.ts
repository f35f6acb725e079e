import * as z from 'zod';
import { VersionNumber } from '../model/names.ts';

const Entry = z.int().min(1);

/** Entries between which a version was judged, until it was taken back. */
export const JudgedRange = z.strictObject({
  from: Entry.describe('The entry that started it.'),
  to: Entry.describe('The entry that took it back.'),
});
export type JudgedRange = z.infer<typeof JudgedRange>;

/** A release that ended with the version’s being taken back: when it is released again, its evidence goes on. */
export const FormerRelease = z.strictObject({ version: VersionNumber, ...JudgedRange.shape });
export type FormerRelease = z.infer<typeof FormerRelease>;

interface Formerly {
  readonly former?: readonly FormerRelease[] | undefined;
}

/** Former releases of a version, oldest first. */
export const formerOf = ({ former = [] }: Formerly, version: number): JudgedRange[] =>
  former.filter((each) => each.version === version).map(({ from, to }) => ({ from, to }));

/** A version that is being taken back, as far as it was judged. */
interface Ending {
  readonly version: number;
  readonly judged?: { readonly entry: number } | undefined;
}

/**
 * Former releases, with those that end now.
 *
 * @param to the entry that ends them
 */
export function withEnded(
  { former = [] }: Formerly,
  ended: readonly Ending[],
  to: number,
): { former?: FormerRelease[] } {
  const now = ended.flatMap(({ version, judged }) =>
    judged === undefined ? [] : [{ version, from: judged.entry, to }],
  );
  return former.length + now.length === 0 ? {} : { former: [...former, ...now] };
}
