import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { ReleaseSnapshot } from '../../platform/snapshots.ts';

/** Largest model file that is read whole; bytes. */
const SMALL = 32 * 1024 * 1024;

/** Model files and last known releases in a folder, so that the endpoint can start while everything else is down. */
export class ArtifactCache {
  constructor(
    private readonly folder: string,
    private readonly artifacts: Pick<ObjectStore, 'get' | 'download'>,
  ) {}

  /** Path of a version's model file, downloaded unless it is there. The digest is for the loader to check. */
  async file(record: ModelVersion): Promise<string> {
    const folder = join(this.folder, 'models');
    const path = join(folder, `${record.artifact.digest}.onnx`);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === record.artifact.bytes) return path;
    const partial = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await mkdir(folder, { recursive: true });
    try {
      // Read whole, a small file is there sooner: a copy by streams has to load them first.
      if (record.artifact.bytes <= SMALL) await writeFile(partial, await this.artifacts.get(record.artifact.key));
      else await this.artifacts.download(record.artifact.key, partial);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return path;
  }

  /** Throws a file away that turned out to be damaged. */
  async forget(record: ModelVersion): Promise<void> {
    await rm(join(this.folder, 'models', `${record.artifact.digest}.onnx`), { force: true });
  }

  /** Keeps a release, whole or not at all. */
  async keep(model: string, release: ReleaseSnapshot): Promise<void> {
    const folder = join(this.folder, 'releases');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${model}.json`);
    const partial = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await writeFile(partial, JSON.stringify(release));
    await rename(partial, path);
  }

  /** The last release kept; undefined when there is none that can be read. */
  async recall(model: string): Promise<ReleaseSnapshot | undefined> {
    try {
      const text = await readFile(join(this.folder, 'releases', `${model}.json`), 'utf8');
      // Loaded here only: a start that reaches the ledger pays for no schema.
      const { parseSnapshot } = await import('../../platform/snapshot-schema.ts');
      return parseSnapshot(text);
    } catch {
      return undefined;
    }
  }

  /** Names of all models with a release kept. */
  async models(): Promise<string[]> {
    const files = await readdir(join(this.folder, 'releases')).catch(() => []);
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  }
}
