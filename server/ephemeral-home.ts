import { rm } from 'node:fs/promises';
import path from 'node:path';
import { openLocalHome } from '../platform/local/home.ts';
import { MODEL_FILES } from '../platform/model-folder.ts';
import { withExamined } from '../platform/onnx/examine.ts';
import { makeTemporaryFolder } from '../platform/temporary-folder.ts';
import { registerModel } from '../usecases/registry/register-model.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { rehearseCandidate } from '../usecases/rehearsal/rehearse-candidate.ts';

export interface HomeOfModels {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Creates a temporary home in which each of the given model folders is rehearsed, registered and released, for
 * `serve --model`, where the user has no registry. It is removed when the server stops.
 *
 * @param log is told what is worth a look about them, a line each
 * @throws ModelFolderError, ModelLoadError, RegistrationRefusedError, or an Error when two folders have the same model
 */
export async function homeOfModels(folders: readonly string[], log: (line: string) => void): Promise<HomeOfModels> {
  const folder = await makeTemporaryFolder('serve');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const home = await openLocalHome(folder);
    const registry = new Registry(home, 'trimtab serve');
    const names = new Map<string, string>();
    for (const from of folders) {
      const { model, version, remarks } = await withExamined(path.join(from, MODEL_FILES.model), (examined) =>
        registerModel(registry, from, examined, {
          rehearse: (candidate) => rehearseCandidate(candidate, examined.open),
        }),
      );
      for (const remark of remarks) log(`${from}: ${remark}`);
      if (names.has(model)) throw new Error(`${from} and ${names.get(model)} are both of model ${model}`);
      names.set(model, from);
      await registry.apply(model, { type: 'approve', version, reason: 'named on the command line' });
      await registry.apply(model, { type: 'release', version, reason: 'named on the command line' });
    }
    await home.close();
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
