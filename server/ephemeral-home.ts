import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { openLocalHome } from '../platform/local/home.ts';
import { MODEL_FILES } from '../platform/model-folder.ts';
import { withExamined } from '../platform/onnx/examine.ts';
import { registerModel } from '../usecases/registry/register-model.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { rehearseCandidate } from '../usecases/rehearsal/rehearse-candidate.ts';

export interface HomeOfModels {
  readonly folder: string;
  remove(): Promise<void>;
}

const PREFIX = 'trimtab-serve-';
/** Names the process that owns a home. */
const OWNER = 'owner.json';

/**
 * Creates a temporary home in which each of the given model folders is rehearsed, registered and released, for
 * `serve --model`, where the user has no registry. It is removed when the server stops.
 *
 * @param log is told what is worth a look about them, a line each
 * @throws ModelFolderError, ModelLoadError, RegistrationRefusedError, or an Error when two folders have the same model
 */
export async function homeOfModels(folders: readonly string[], log: (line: string) => void): Promise<HomeOfModels> {
  await removeOrphans();
  const folder = await mkdtemp(path.join(tmpdir(), PREFIX));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path.join(folder, OWNER), JSON.stringify({ host: hostname(), pid: process.pid }));
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

/** Removes the homes of servers that were killed before they could remove them. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(tmpdir(), name);
    try {
      const { host, pid } = JSON.parse(await readFile(path.join(folder, OWNER), 'utf8')) as {
        host: string;
        pid: number;
      };
      // Another container may have the same temporary folder, and counts its processes by itself.
      if (host === hostname() && !lives(pid)) await rm(folder, { recursive: true, force: true });
    } catch {
      // It is another user's, or is being made or removed just now.
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
