import { UnknownVersionError } from '../../core/registry/errors.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';
import { summariseQuality } from '../quality/quality-summary.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { versionStanding } from '../registry/version-standing.ts';
import { servicePeriods } from './trace-version.ts';
import type { ReferenceSummary, VersionView } from './version-view.ts';

/**
 * All of a version: what it is, what it was measured to be, and what became of it.
 *
 * @param asked @default the champion, before the first release the latest
 * @throws UnknownVersionError
 */
export async function showVersion(home: Home, model: string, asked?: number): Promise<VersionView> {
  const latest = await home.ledger.latest(model);
  if (latest === undefined) throw new UnknownVersionError(model);
  const { state } = latest;
  const number = asked ?? state.champion ?? state.latest;
  const record = await home.ledger.version(model, number);
  if (record === undefined) throw new UnknownVersionError(model, number);
  const unread: string[] = [];
  const tried = async <T>(what: string, reading: Promise<T>): Promise<T | null> =>
    reading.catch((error: unknown) => {
      unread.push(`${what}: ${(error as Error).message}`);
      return null;
    });
  const entries = [];
  for await (const entry of home.ledger.entries(model)) entries.push(entry);
  return {
    ...record,
    standing: versionStanding(state, number),
    reference: await tried('baseline', referenceOf(home, record)),
    quality: await tried('quality', summariseQuality(home, record)),
    entries: entries
      .filter(({ version }) => version === number)
      .map(({ number: entry, kind, at, actor, reason }) => ({ number: entry, kind, at, actor, reason })),
    service: servicePeriods(entries, number),
    unread,
  };
}

async function referenceOf(home: Home, record: ModelVersion): Promise<ReferenceSummary | null> {
  const baseline = await baselineOf(home, record);
  if (baseline === undefined) return null;
  const { createdAt, source, profile, performance, background } = baseline;
  return {
    createdAt,
    source,
    rows: profile.rows,
    columns: Object.keys(profile.columns).length,
    background: background?.rows.length ?? 0,
    performance: performance ?? null,
  };
}
