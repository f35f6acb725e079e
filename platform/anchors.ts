import { type Anchor, anchorOf } from '../core/registry/anchor.ts';
import type { Entry } from '../core/registry/ledger.ts';
import { digestOf } from './digest.ts';
import type { ObjectStore } from './ports.ts';
import { countdownOf, RELEASES, revisionOf } from './snapshots.ts';

const NAME = /^releases\/([^/]+)\/(\d{9})\.([0-9a-f]{64})\.anchor$/;

/**
 * Keeps what an entry was, beside the release after it, in the store where nothing is overwritten. The digest is in the
 * name: a second one of the same entry does not replace the first, and both are found by listing alone.
 */
export async function storeAnchor(artifacts: Pick<ObjectStore, 'put'>, entry: Entry): Promise<void> {
  const { key, digest } = placeOf(entry);
  await artifacts.put(key, `${digest}\n`, { contentType: 'text/plain', ifAbsent: true });
}

/** Whether the anchor of an entry, as it is now, is kept. */
export const isAnchored = async (artifacts: Pick<ObjectStore, 'head'>, entry: Entry): Promise<boolean> =>
  (await artifacts.head(placeOf(entry).key)) !== undefined;

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
