import { type EndpointLimits, fitProblems } from '../../core/registry/endpoint-limits.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';

/** A version that an endpoint would have to serve. */
export interface WantedVersion {
  readonly model: string;
  /** Its number, where it is about to get traffic; absent of one that is registered, and comes to the champion some day. */
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
  const loaded = loadedBeside(own, (await ledger.latest(model))?.state);
  const records = await Promise.all(loaded.map((version) => ledger.version(model, version)));
  const beside = records.flatMap((record) =>
    record === undefined ? [] : [{ version: record.version, bytes: record.artifact.bytes }],
  );
  const problems = fitProblems(bytes, beside, limits);
  return problems.length === 0 ? [] : [`the deployed endpoint cannot serve this version: ${problems.join('; ')}`];
}

/**
 * Versions that stay loaded: the champion; beside one that gets traffic now also those that share it, or have a copy. One
 * that is only registered meets the champion some day.
 */
function loadedBeside(own: number | undefined, state: ReleaseState | undefined): number[] {
  if (state === undefined) return [];
  const { champion, challengers, shadow } = state;
  const others = own === undefined ? [] : [...challengers.map(({ version }) => version), shadow?.version];
  const known = [champion, ...others].filter((version) => version !== null && version !== undefined);
  return [...new Set(known)].filter((version) => version !== own);
}
