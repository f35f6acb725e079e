import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLocalHome } from '../platform/local/home.ts';
import { readSignature } from '../platform/onnx/model.ts';
import { Registry } from '../platform/registry.ts';

export interface HomeOfModels {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Makes a home for people who have nothing but model folders: each is registered and released in it, and it is gone with
 * the server.
 *
 * @throws ModelFolderError, ModelLoadError, or an Error when two folders have the same model
 */
export async function homeOfModels(folders: readonly string[]): Promise<HomeOfModels> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-serve-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const home = await openLocalHome(folder);
    const registry = new Registry(home, 'trimtab serve');
    const names = new Map<string, string>();
    for (const from of folders) {
      const { version } = await registry.register(from, await readSignature(path.join(from, 'model.onnx')));
      const { model } = version;
      if (names.has(model)) throw new Error(`${from} and ${names.get(model)} are both of model ${model}`);
      names.set(model, from);
      await registry.apply(model, { type: 'approve', version: version.version, reason: 'named on the command line' });
      await registry.apply(model, { type: 'release', version: version.version, reason: 'named on the command line' });
    }
    await home.close();
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
