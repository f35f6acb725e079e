import { stat } from 'node:fs/promises';
import { type EndpointLimits, fitProblems } from '../../core/registry/endpoint-limits.ts';
import { RegistrationRefusedError } from '../../core/registry/errors.ts';
import type { Home } from '../../platform/ports.ts';
import type { RegistrationCandidate } from './registration.ts';

/**
 * Holds a version to what the deployed endpoint has, beside the champion that it would follow.
 *
 * @throws RegistrationRefusedError when it could not be served there
 */
export async function assertFitsEndpoint(
  { ledger }: Pick<Home, 'ledger'>,
  { manifest, modelFile }: Pick<RegistrationCandidate, 'manifest' | 'modelFile'>,
  limits: EndpointLimits,
): Promise<void> {
  const champion = (await ledger.latest(manifest.name))?.state.champion ?? undefined;
  const record = champion === undefined ? undefined : await ledger.version(manifest.name, champion);
  const { size } = await stat(modelFile);
  const problems = fitProblems(size, record && { version: record.version, bytes: record.artifact.bytes }, limits);
  if (problems.length > 0)
    throw new RegistrationRefusedError(`the deployed endpoint cannot serve this version: ${problems.join('; ')}`);
}
