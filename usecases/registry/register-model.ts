import { remarksOf } from '../../core/onnx/servable.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { RegistrationView } from './registration-view.ts';
import type { Registration, Registry } from './registry.ts';

/**
 * Registers a model folder, and says what is worth a look about the model.
 *
 * @throws ModelFolderError
 */
export async function registerModel(
  registry: Registry,
  folder: string,
  { signature, inspection, file }: ExaminedModel,
): Promise<RegistrationView> {
  const registration = await registry.register(folder, signature, file);
  const { version, existed } = registration;
  const remarks = remarksOf(inspection, version.signature, version.manifest.contract);
  return { ...version, existed, remarks: [...differencesText(registration), ...remarks] };
}

function differencesText({ existed, differences }: Registration): string[] {
  if (differences === undefined) return [];
  const parts = differences.parts.join(', ');
  return existed
    ? [`${parts} differs from what was registered; version ${differences.version} keeps what it was registered with`]
    : [`the graph is that of version ${differences.version}; what differs: ${parts}`];
}
