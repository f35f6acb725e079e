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
  await assertBytesFit({ ledger }, { model: manifest.name, bytes: (await stat(modelFile)).size }, limits);
}

/**
 * The same of a version that is registered elsewhere, by the bytes of its model file.
 *
 * @throws RegistrationRefusedError when it could not be served there
 */
export async function assertBytesFit(
  { ledger }: Pick<Home, 'ledger'>,
  { model, bytes }: { readonly model: string; readonly bytes: number },
  limits: EndpointLimits,
): Promise<void> {
  const champion = (await ledger.latest(model))?.state.champion ?? undefined;
  const record = champion === undefined ? undefined : await ledger.version(model, champion);
  const problems = fitProblems(bytes, record && { version: record.version, bytes: record.artifact.bytes }, limits);
  if (problems.length > 0)
    throw new RegistrationRefusedError(`the deployed endpoint cannot serve this version: ${problems.join('; ')}`);
}
