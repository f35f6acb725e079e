import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Baseline } from '../../core/profile/profile.ts';
import type { Artifact, ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { DigestMismatchError } from '../../platform/onnx/errors.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { accessIn, makePrivateFolder, PRIVATE } from '../../platform/private-files.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { removeUnfinished, unfinishedIn } from '../../platform/unfinished.ts';

/** Largest file that is read whole; bytes. */
const SMALL = 32 * 1024 * 1024;

/** Model files, baselines and last known releases in a folder, so that the endpoint can start while everything else is down. */
export class ArtifactCache {
  private swept: Promise<void> | undefined;

  constructor(
    private readonly folder: string,
    private readonly artifacts: Pick<ObjectStore, 'get' | 'download'>,
  ) {}

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
    const folder = join(this.folder, kind);
    const path = join(folder, `${artifact.digest}.${ending}`);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === artifact.bytes) return path;
    const partial = await this.partial(folder);
    try {
      // Read whole, a small file is there sooner: a copy by streams has to load them first.
      if (artifact.bytes <= SMALL) await writeFile(partial, await this.artifacts.get(artifact.key));
      else await this.artifacts.download(artifact.key, partial);
      await chmod(partial, accessIn(folder).file);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return path;
  }

  /** A name for a file that is being written, and folders for it. */
  private async partial(folder: string): Promise<string> {
    const partial = unfinishedIn(this.folder);
    makePrivateFolder(dirname(partial));
    makePrivateFolder(folder);
    // What a killed process left; once, for a home does so whenever it is opened, and not all caches are in one.
    this.swept ??= removeUnfinished(this.folder);
    await this.swept;
    return partial;
  }

  /** Throws a file away that turned out to be damaged. */
  async forget(record: ModelVersion): Promise<void> {
    await rm(join(this.folder, 'models', `${record.artifact.digest}.onnx`), { force: true });
  }

  /** Keeps a release, whole or not at all. */
  async keep(model: string, release: ReleaseSnapshot): Promise<void> {
    const folder = join(this.folder, 'releases');
    const path = join(folder, `${model}.json`);
    const partial = await this.partial(folder);
    await writeFile(partial, JSON.stringify(release), { mode: PRIVATE.file });
    await chmod(partial, accessIn(folder).file);
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
