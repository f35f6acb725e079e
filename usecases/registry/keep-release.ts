import { canonical } from '../../core/registry/canonical.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { isSealedWith } from '../../core/registry/seal.ts';
import { isAnchored, storeAnchor } from '../../platform/anchors.ts';
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
 * Keeps what could not be kept when the last entries were written, as on a full disk. In a home with seals, of entries
 * alone that are as they were sealed: an anchor of another would speak for whoever changed it.
 *
 * @param last the last entry that is looked at; earlier ones are, until one has its anchor
 */
export async function makeUpForKept(home: KeepingHome, last: Entry): Promise<void> {
  const missing: Entry[] = [];
  for (let entry: Entry | undefined = last; entry !== undefined && missing.length < MAX_MADE_UP; ) {
    if (await isAnchored(home.artifacts, entry)) break;
    if (!(await isAsSealed(home, entry))) break;
    missing.push(entry);
    entry = await entryBefore(home, entry);
  }
  // The earliest first: should the disk be full again, the others are still found from the last one on.
  for (const entry of missing.reverse()) await keepRelease(home, entry);
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
