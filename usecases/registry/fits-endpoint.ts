import { type EndpointLimits, fitProblems } from '../../core/registry/endpoint-limits.ts';
import type { Home } from '../../platform/ports.ts';

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
  const champion = (await ledger.latest(model))?.state.champion ?? undefined;
  const record = champion === undefined ? undefined : await ledger.version(model, champion);
  const problems = fitProblems(bytes, record && { version: record.version, bytes: record.artifact.bytes }, limits);
  return problems.length === 0 ? [] : [`the deployed endpoint cannot serve this version: ${problems.join('; ')}`];
}
