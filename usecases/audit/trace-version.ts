import { replayabilityOf } from '../../core/captures/replay.ts';
import { UnknownVersionError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { digestOf } from '../../platform/digest.ts';
import type { Home } from '../../platform/ports.ts';
import { partOf } from '../registry/version-standing.ts';
import type { EntryTrace, Service, VersionSummary, VersionTrace } from './trace-view.ts';

/** Later entries that are shown. */
const MAX_AFTER = 10;

export async function traceEntry(home: Home, model: string, number: number): Promise<EntryTrace | undefined> {
  const entries = await collect(home.ledger.entries(model, { from: Math.max(1, number - 1) }));
  const at = entries.findIndex((each) => each.number === number);
  if (at === -1) return undefined;
  const entry = entries[at]!;
  const after = entries.slice(at + 1).filter(({ version }) => version !== null && version === entry.version);
  return {
    of: 'entry',
    model,
    entry,
    before: entries[at - 1] ?? null,
    after: after.slice(0, MAX_AFTER),
    version: entry.version === null ? null : await summaryOf(home, model, entry.version),
  };
}

export async function traceVersion(home: Home, model: string, number: number): Promise<VersionTrace | undefined> {
  const version = await summaryOf(home, model, number).catch((error: unknown) => {
    if (error instanceof UnknownVersionError) return undefined;
    throw error;
  });
  if (!version) return undefined;
  const entries = await collect(home.ledger.entries(model));
  return {
    of: 'version',
    model,
    version,
    entries: entries.filter((entry) => entry.version === number),
    service: servicePeriods(entries, number),
  };
}

/** @throws UnknownVersionError */
export async function summaryOf(home: Home, model: string, number: number): Promise<VersionSummary> {
  const found = await home.ledger.version(model, number);
  if (!found) throw new UnknownVersionError(model, number);
  return {
    version: number,
    digest: found.artifact.digest,
    key: found.artifact.key,
    contract: digestOf(JSON.stringify(found.manifest.contract)),
    baseline: found.baseline?.digest ?? null,
    lineage: found.manifest.lineage,
    registeredAt: found.registeredAt,
    registeredBy: found.registeredBy,
    ...replayabilityOf(found),
  };
}

/** When a version had traffic, and how much: read off the states that the entries carry. */
export function servicePeriods(entries: readonly Entry[], version: number): Service[] {
  const stretches: Service[] = [];
  let open: Service | undefined;
  for (const { state, at, number } of entries) {
    const part = partOf(state, version);
    if (open && part?.role === open.role && part.weight === open.weight) continue;
    if (open) stretches.push({ ...open, to: at, entries: [open.entries[0], number] });
    open = part && { ...part, from: at, to: null, entries: [number, null] };
  }
  return open ? [...stretches, open] : stretches;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
