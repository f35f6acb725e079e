import * as z from 'zod';
import { type Anchor, compareAnchors } from '../../core/registry/anchor.ts';
import { type ChainFault, type ChainReport, compareKept, verifyChain } from '../../core/registry/chain.ts';
import { UnknownVersionError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { verifySeals } from '../../core/registry/seal.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import { anchorsOf } from '../../platform/anchors.ts';
import { digestOf } from '../../platform/digest.ts';
import { PlatformError } from '../../platform/errors.ts';
import type { Home } from '../../platform/ports.ts';
import { snapshotsOf } from '../../platform/snapshots.ts';

/** How often a ledger is looked over that is written to meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * Looks whether everything that ever happened to a model is as it was written: by the chain of digests, by the seals of
 * the home's key, by what is kept of each entry beside the ledger, and by an anchor that was kept elsewhere.
 *
 * @throws UnknownVersionError for an unknown model
 * @throws PlatformError when the ledger never rests long enough to tell a fault from what is just being written
 */
export async function verifyLedger(
  home: Pick<Home, 'ledger' | 'artifacts' | 'seals'>,
  model: string,
  anchor?: Anchor,
): Promise<ChainReport> {
  for (let look = 0; look < MAX_ATTEMPTS; look++) {
    const entries = await collect(home.ledger.entries(model));
    const report = await lookOver(home, model, entries, anchor);
    if (report.faults.length === 0) return report;
    // Entries, records and releases are read one after the other: what was written in between fits nowhere.
    const latest = await home.ledger.latest(model);
    if ((latest?.number ?? 0) <= (entries.at(-1)?.number ?? 0)) return report;
  }
  throw new PlatformError(
    `the ledger of ${model} was written to during each of ${MAX_ATTEMPTS} looks: verify it again`,
  );
}

async function lookOver(
  home: Pick<Home, 'ledger' | 'artifacts' | 'seals'>,
  model: string,
  entries: readonly Entry[],
  anchor: Anchor | undefined,
): Promise<ChainReport> {
  const kept = await anchorsOf(home.artifacts, model);
  // Where all entries are gone, what is kept of them tells.
  if (entries.length === 0 && kept.length === 0 && anchor === undefined) throw new UnknownVersionError(model);
  const records = await collect(home.ledger.records(model));
  const versions: ModelVersion[] = [];
  const recordFaults: ChainFault[] = [];
  for (const { version, stored } of records) {
    const parsed = ModelVersion.safeParse(stored);
    if (parsed.success) versions.push(parsed.data);
    else {
      const entry = entries.find((each) => each.kind === 'registered' && each.version === version)?.number ?? 0;
      const fault = `the record of version ${version} is none: ${z.prettifyError(parsed.error)}`;
      recordFaults.push({ entry, fault });
    }
  }
  const chain = verifyChain(entries, records, digestOf);
  const book = await home.seals?.book();
  const seals = book && verifySeals(model, entries, book, digestOf);
  const anchors = anchor === undefined ? kept : [...kept, anchor];
  const strays = await home.ledger.strays(model);
  const faults = [
    ...chain.faults,
    ...recordFaults,
    ...compareKept(entries, versions, await collect(snapshotsOf(home.artifacts, model))),
    ...compareAnchors(entries, anchors, digestOf),
    ...kept
      .filter(({ isAsNamed }) => !isAsNamed)
      .map(({ entry }) => ({ entry, fault: 'the anchor that is kept of it holds another digest than its name says' })),
    ...(seals?.faults ?? []),
    ...strays.flatMap(({ name, what, entry }) => (entry === undefined ? [] : [{ entry, fault: `${name} is ${what}` }])),
  ];
  return {
    ...chain,
    faults,
    sealedFrom: seals?.sealedFrom ?? null,
    vouched: seals?.vouched ?? null,
    anchored: new Set(anchors.map(({ entry }) => entry)).size,
    unanchored: unanchoredOf(entries, kept),
    strays: strays.map(({ name, what }) => `${name}: ${what}`),
  };
}

/** Entries without an anchor since there are any: since the first that has one, or a seal, which came together. */
function unanchoredOf(entries: readonly Entry[], kept: readonly Anchor[]): number[] {
  const anchored = new Set(kept.map(({ entry }) => entry));
  const first = entries.findIndex(({ number, seal }) => seal !== undefined || anchored.has(number));
  return first === -1 ? [] : entries.slice(first).flatMap(({ number }) => (anchored.has(number) ? [] : [number]));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
