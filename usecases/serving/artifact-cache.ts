import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Baseline } from '../../core/profile/profile.ts';
import type { Artifact, ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { DigestMismatchError } from '../../platform/onnx/errors.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { spareFolder, takesNoWrites } from './spare-folder.ts';

/** Largest file that is read whole; bytes. */
const SMALL = 32 * 1024 * 1024;

/** Model files, baselines and last known releases in a folder, so that the endpoint can start while everything else is down. */
export class ArtifactCache {
  /** Where copies are: the folder, or the spare one once that has taken no writes. */
  private copies: string;

  constructor(
    private readonly folder: string,
    private readonly artifacts: Pick<ObjectStore, 'get' | 'download'>,
  ) {
    this.copies = folder;
  }

  /** Path of a version's model file, downloaded unless it is there. The digest is for the loader to check. */
  file({ artifact }: ModelVersion): Promise<string> {
    return this.kept('models', 'onnx', artifact);
  }

  /**
   * A version's baseline, downloaded unless it is there; undefined when it was registered without one. It was parsed by
   * its schema when it was registered, and by its digest it is still that.
   */
  async baseline({ baseline }: ModelVersion): Promise<Baseline | undefined> {
    return baseline && (await this.document<Baseline>('baselines', baseline));
  }

  /** What a version answered when it was registered; undefined when it was not rehearsed. As of a baseline. */
  async rehearsal({ rehearsal }: ModelVersion): Promise<Rehearsal | undefined> {
    return rehearsal && (await this.document<Rehearsal>('rehearsals', rehearsal));
  }

  /** An artifact of JSON, as it was registered or not at all. */
  private async document<T>(kind: string, artifact: Artifact): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const path = await this.kept(kind, 'json', artifact);
      const bytes = await readFile(path);
      const found = createHash('sha256').update(bytes).digest('hex');
      if (found === artifact.digest) return JSON.parse(bytes.toString('utf8')) as T;
      // The copy may be the damaged one: once more from the store.
      await rm(path, { force: true });
      if (attempt > 0) throw new DigestMismatchError(path, artifact.digest, found);
    }
  }

  /** Path of an artifact's copy. */
  private async kept(kind: string, ending: string, artifact: Artifact): Promise<string> {
    // Several are looked for at once, and the first that fails moves all.
    const tried = this.copies;
    try {
      return await this.copied(kind, ending, artifact);
    } catch (error) {
      if (tried !== this.folder || !takesNoWrites(error)) throw error;
      this.copies = spareFolder(this.folder);
      return this.copied(kind, ending, artifact);
    }
  }

  private async copied(kind: string, ending: string, artifact: Artifact): Promise<string> {
    const folder = join(this.copies, kind);
    const path = join(folder, `${artifact.digest}.${ending}`);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === artifact.bytes) return path;
    const partial = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await mkdir(folder, { recursive: true });
    try {
      // Read whole, a small file is there sooner: a copy by streams has to load them first.
      if (artifact.bytes <= SMALL) await writeFile(partial, await this.artifacts.get(artifact.key));
      else await this.artifacts.download(artifact.key, partial);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
    return path;
  }

  /** Throws a file away that turned out to be damaged. */
  async forget(record: ModelVersion): Promise<void> {
    await rm(join(this.copies, 'models', `${record.artifact.digest}.onnx`), { force: true });
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
