import { remarksOf } from '../../core/onnx/servable.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { RegistrationView } from './registration-view.ts';
import type { Registry } from './registry.ts';

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
  const { version, existed } = await registry.register(folder, signature, file);
  return { ...version, existed, remarks: remarksOf(inspection, version.signature, version.manifest.contract) };
}
