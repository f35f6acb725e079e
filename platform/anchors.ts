import { type Anchor, anchorOf } from '../core/registry/anchor.ts';
import type { Entry } from '../core/registry/ledger.ts';
import { digestOf } from './digest.ts';
import type { ObjectStore } from './ports.ts';
import { countdownOf, RELEASES, revisionOf, snapshotRevision } from './snapshots.ts';

const NAME = /^releases\/([^/]+)\/(\d{9})\.([0-9a-f]{64})\.anchor$/;

/**
 * Keeps what an entry was, beside the release after it, in the store where nothing is overwritten. The digest is in the
 * name: a second one of the same entry does not replace the first, and both are found by listing alone.
 */
export async function storeAnchor(artifacts: Pick<ObjectStore, 'put'>, entry: Entry): Promise<void> {
  const { key, digest } = placeOf(entry);
  await artifacts.put(key, `${digest}\n`, { contentType: 'text/plain', ifAbsent: true });
}

/** Keys that are looked at of what is kept: as many as a store gives in one answer. */
const LOOKED_AT = 1_000;

/** Of a model's last entries, the newest whose release is kept, 0 for none, and those of which an anchor is. */
export async function keptLately(
  artifacts: Pick<ObjectStore, 'list'>,
  model: string,
): Promise<{ readonly newest: number; readonly anchored: ReadonlySet<number> }> {
  let newest = 0;
  let left = LOOKED_AT;
  const anchored = new Set<number>();
  for await (const { key } of artifacts.list(`${RELEASES}${model}/`)) {
    const countdown = NAME.exec(key)?.[2];
    if (countdown !== undefined) anchored.add(revisionOf(countdown));
    else newest ||= snapshotRevision(key) ?? 0;
    if (--left === 0) break;
  }
  return { newest, anchored };
}

function placeOf(entry: Entry): { readonly key: string; readonly digest: string } {
  const { digest } = anchorOf(entry, digestOf);
  return { key: `${RELEASES}${entry.model}/${countdownOf(entry.number)}.${digest}.anchor`, digest };
}

/** An anchor as it is found: its name says what the entry was, and so does its content. */
interface KeptAnchor extends Anchor {
  /** Whether the content is the digest of the name: in a folder, a file can be renamed. */
  readonly isAsNamed: boolean;
}

/** All anchors that are kept of a model's entries. */
export async function anchorsOf(artifacts: Pick<ObjectStore, 'list' | 'get'>, model: string): Promise<KeptAnchor[]> {
  const anchors: KeptAnchor[] = [];
  for await (const { key } of artifacts.list(`${RELEASES}${model}/`)) {
    const [, , countdown, digest] = NAME.exec(key) ?? [];
    if (countdown === undefined) continue;
    const isAsNamed = new TextDecoder().decode(await artifacts.get(key)).trim() === digest;
    anchors.push({ model, entry: revisionOf(countdown), digest: digest!, isAsNamed });
  }
  return anchors;
}
