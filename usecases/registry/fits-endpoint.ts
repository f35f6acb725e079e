import { type EndpointLimits, fitProblems } from '../../core/registry/endpoint-limits.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';

/** A version that an endpoint would have to serve. */
export interface WantedVersion {
  readonly model: string;
  /** Its number; absent of one that is not registered yet. */
  readonly version?: number;
  /** Size of its file. */
  readonly bytes: number;
}

/**
 * Holds a version to what the deployed endpoint has, beside the versions that stay loaded when it comes.
 *
 * @returns why it could not be served there; nothing when it could
 */
export async function endpointObjections(
  { ledger }: Pick<Home, 'ledger'>,
  { model, version: own, bytes }: WantedVersion,
  limits: EndpointLimits,
): Promise<string[]> {
  const loaded = loadedVersions((await ledger.latest(model))?.state).filter((version) => version !== own);
  const records = await Promise.all(loaded.map((version) => ledger.version(model, version)));
  const beside = records.flatMap((record) =>
    record === undefined ? [] : [{ version: record.version, bytes: record.artifact.bytes }],
  );
  const problems = fitProblems(bytes, beside, limits);
  return problems.length === 0 ? [] : [`the deployed endpoint cannot serve this version: ${problems.join('; ')}`];
}

/** Versions that have traffic, or a copy of it. */
function loadedVersions(state: ReleaseState | undefined): number[] {
  if (state === undefined) return [];
  const { champion, challengers, shadow } = state;
  const versions = [champion, ...challengers.map(({ version }) => version), shadow?.version];
  return [...new Set(versions.filter((version) => version !== null && version !== undefined))];
}
