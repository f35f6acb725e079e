import { type EndpointLimits, fitProblems, type SizedVersion } from '../../core/registry/endpoint-limits.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';

type Served = Pick<SizedVersion, 'as' | 'version'>;

/**
 * Holds a version to what the deployed endpoint has, beside the champion that it would follow.
 *
 * @returns why it could not be served there; nothing when it could
 */
export async function endpointObjections(
  { ledger }: Pick<Home, 'ledger'>,
  { model, bytes }: { readonly model: string; readonly bytes: number },
  limits: EndpointLimits,
): Promise<string[]> {
  const state = (await ledger.latest(model))?.state;
  // Whoever challenges the champion today may be gone when this one is released; that is asked then.
  const served = state === undefined ? [] : servedOf(state).filter(({ as }) => as === 'champion');
  return objectionsBeside(ledger, { model, bytes, served }, limits);
}

/**
 * Holds a version that is about to be released to what the deployed endpoint has, beside all that is served now.
 *
 * @returns why it could not be served there; nothing when it could, is served already, or is not there
 */
export async function releaseObjections(
  { ledger }: Pick<Home, 'ledger'>,
  { model, version }: { readonly model: string; readonly version: number },
  limits: EndpointLimits,
): Promise<string[]> {
  const record = await ledger.version(model, version);
  const state = (await ledger.latest(model))?.state;
  if (record === undefined || state === undefined) return [];
  const served = servedOf(state);
  if (served.some((each) => each.version === version)) return [];
  const found = await objectionsBeside(ledger, { model, bytes: record.artifact.bytes, served }, limits);
  const guests = served.filter(({ as }) => as !== 'champion').map((each) => `${each.as} ${each.version}`);
  return guests.length === 0
    ? found
    : found.map((each) => `${each}, or first take back what may go: ${guests.join(', ')}`);
}

const servedOf = ({ champion, challengers, shadow }: ReleaseState): Served[] => [
  ...(champion === null ? [] : [{ as: 'champion', version: champion } as const]),
  ...challengers.map(({ version }) => ({ as: 'challenger', version }) as const),
  ...(shadow === null ? [] : [{ as: 'shadow', version: shadow.version } as const]),
];

interface Candidate {
  readonly model: string;
  readonly bytes: number;
  readonly served: readonly Served[];
}

async function objectionsBeside(
  ledger: Home['ledger'],
  { model, bytes, served }: Candidate,
  limits: EndpointLimits,
): Promise<string[]> {
  const sized = await Promise.all(
    served.map(async (each) => ({ ...each, bytes: (await ledger.version(model, each.version))?.artifact.bytes ?? 0 })),
  );
  const problems = fitProblems(bytes, sized, limits);
  return problems.length === 0 ? [] : [`the deployed endpoint cannot serve this version: ${problems.join('; ')}`];
}
