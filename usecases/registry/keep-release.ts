import { canonical } from '../../core/registry/canonical.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { isSealedWith } from '../../core/registry/seal.ts';
import { storeAnchor } from '../../platform/anchors.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { storeSnapshot } from '../../platform/snapshots.ts';

type KeepingHome = Pick<Home, 'ledger' | 'artifacts' | 'seals'>;

/** How many entries are made up for at a time: a ledger from before there were anchors has none for all its length. */
const MAX_MADE_UP = 50;

/** Keeps the release after an entry, and the anchor of the entry. */
export async function keepRelease(home: KeepingHome, entry: Entry): Promise<void> {
  await Promise.all([storeSnapshot(home, entry), storeAnchor(home.artifacts, entry)]);
}

/**
 * Keeps what could not be kept when the last entries were written, as on a full disk, also where later ones were. In a
 * home with seals, of entries alone that are as they were sealed: an anchor of another would speak for whoever changed it.
 *
 * @param last the last entry that is looked at
 * @param anchored entries that have an anchor, as `keptLately` gives them
 */
export async function makeUpForKept(home: KeepingHome, last: Entry, anchored: ReadonlySet<number>): Promise<void> {
  const wanted = unanchoredOf(last, anchored);
  const missing: Entry[] = [];
  for (let entry: Entry | undefined = last; entry !== undefined && missing.length < wanted.size; ) {
    if (wanted.has(entry.number)) {
      if (!(await isAsSealed(home, entry))) break;
      missing.push(entry);
    }
    entry = await entryBefore(home, entry);
  }
  for (const entry of missing.reverse()) await keepRelease(home, entry);
}

/** The last entries without an anchor that come after one that has it; where none has, the last of all. */
function unanchoredOf({ number: last }: Entry, anchored: ReadonlySet<number>): Set<number> {
  const first = anchored.size === 0 ? 1 : Math.min(...anchored);
  const wanted = new Set<number>();
  for (let number = last; number >= first && wanted.size < MAX_MADE_UP; number--)
    if (!anchored.has(number)) wanted.add(number);
  return wanted;
}

async function isAsSealed({ seals }: KeepingHome, entry: Entry): Promise<boolean> {
  return seals === undefined || isSealedWith(entry, (await seals.book()).keys);
}

/** The entry that another one follows, by its digest; undefined where what is there is not it. */
async function entryBefore({ ledger }: KeepingHome, { model, number, previous }: Entry): Promise<Entry | undefined> {
  if (number === 1) return undefined;
  const range = { from: number - 1, to: number - 1 };
  for await (const entry of ledger.entries(model, range)) return isFollowedBy(entry, previous) ? entry : undefined;
  return undefined;
}

const isFollowedBy = (entry: Entry, previous: string | undefined): boolean =>
  previous === undefined || previous === digestOf(canonical(entry));
