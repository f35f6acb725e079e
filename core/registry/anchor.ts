import { canonical } from './canonical.ts';
import type { ChainFault, DigestOf } from './chain.ts';
import type { Entry } from './ledger.ts';

/** What an entry was, all of it and by its links all before it; kept where whoever changes the ledger cannot reach it. */
export interface Anchor {
  readonly model: string;
  readonly entry: number;
  readonly digest: string;
}

const LINE = /^([a-z0-9][a-z0-9-]{0,62}):([1-9]\d{0,8}):([0-9a-f]{64})$/;

export const anchorOf = (entry: Entry, digest: DigestOf): Anchor => ({
  model: entry.model,
  entry: entry.number,
  digest: digest(canonical(entry)),
});

/** An anchor as a word that a person or a pipeline keeps: `<model>:<entry>:<digest>`. */
export const anchorLine = ({ model, entry, digest }: Anchor): string => `${model}:${entry}:${digest}`;

/** @returns undefined when the text is none */
export function parseAnchor(line: string): Anchor | undefined {
  const [, model, entry, digest] = LINE.exec(line.trim()) ?? [];
  return model === undefined ? undefined : { model, entry: Number(entry), digest: digest! };
}

/** Holds a ledger against anchors of it: also the last entries, of which no later one tells. */
export function compareAnchors(entries: readonly Entry[], anchors: readonly Anchor[], digest: DigestOf): ChainFault[] {
  const byNumber = new Map(entries.map((entry) => [entry.number, entry]));
  return anchors.flatMap((anchor): ChainFault[] => {
    const entry = byNumber.get(anchor.entry);
    if (entry === undefined) return [{ entry: anchor.entry, fault: 'it is missing, and an anchor of it is kept' }];
    if (digest(canonical(entry)) === anchor.digest) return [];
    return [{ entry: anchor.entry, fault: 'it is not what the anchor says that is kept of it' }];
  });
}
