import { createHash } from 'node:crypto';
import { chmod, lstat, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Baseline } from '../../core/profile/profile.ts';
import type { Artifact, ModelVersion } from '../../core/registry/version.ts';
import type { Rehearsal } from '../../core/rehearsal/rehearsal.ts';
import { digestOfFile } from '../../platform/digest.ts';
import { DigestMismatchError } from '../../platform/onnx/errors.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { accessIn, makePrivateFolder, PRIVATE } from '../../platform/private-files.ts';
import type { ReleaseSnapshot } from '../../platform/snapshot-schema.ts';
import { removeUnfinished, unfinishedIn } from '../../platform/unfinished.ts';
import { CacheRoom, type VersionPart } from './cache-room.ts';
import { spareFolder, takesNoWrites } from './spare-folder.ts';

/** Largest file that is read whole; bytes. */
const SMALL = 32 * 1024 * 1024;

/** What is kept. */
export type CachedKind = VersionPart | 'releases';

export interface ArtifactCacheOptions {
  readonly folder: string;
  readonly artifacts: Pick<ObjectStore, 'get' | 'download'>;
  /** What there may be of copies altogether; bytes. @default as much as the disk takes */
  readonly maxBytes?: number | undefined;
  /** Digests of all that is kept of versions which are served or about to be: none of these copies is removed. */
  readonly needed: () => Iterable<string>;
  /** Told of every copy that was damaged and has been replaced. */
  readonly onHealed: (kind: CachedKind, path: string) => void;
}

/**
 * Model files, baselines and last known releases in a folder, so that the endpoint can start while everything else is
 * down. A copy that is damaged is replaced by what the store has. Where there is no more room, copies that no release needs
 * go, the least recently used first.
 */
export class ArtifactCache {
  private readonly folder: string;
  /** Where copies are: the folder, or the spare one once that has taken no writes. */
  private copies: string;
  /** What killed processes left unfinished is removed once, from each of the two folders that is written to. */
  private readonly swept = new Map<string, Promise<void>>();

  private readonly room: CacheRoom;
  /** Copies that are on their way, by path: several models may have one file. */
  private readonly coming = new Map<string, Promise<string>>();

  constructor(private readonly options: ArtifactCacheOptions) {
    const { folder, maxBytes } = options;
    this.folder = folder;
    this.copies = folder;
    this.room = new CacheRoom({ maxBytes, needed: () => this.needed() });
  }

  /** Path of a version's model file, downloaded unless it is there. The digest is for the loader to check. */
  file({ artifact }: ModelVersion): Promise<string> {
    return this.kept('models', artifact);
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

  /**
   * Replaces the copy of a version's model file, where it is damaged.
   *
   * @returns whether it was, and is right now
   */
  async heal({ artifact }: ModelVersion): Promise<boolean> {
    const damaged = this.pathOf('models', artifact);
    if ((await digestOfFile(damaged).catch(() => undefined)) === artifact.digest) return false;
    await this.discard(damaged);
    const path = await this.kept('models', artifact);
    if ((await digestOfFile(path)) !== artifact.digest) return false;
    this.options.onHealed('models', path);
    return true;
  }

  /** An artifact of JSON, as it was registered or not at all. */
  private async document<T>(kind: VersionPart, artifact: Artifact): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const path = await this.kept(kind, artifact);
      // That nobody may read it heals as what is damaged does.
      const bytes = await readFile(path).catch((error: unknown) => {
        if (attempt > 0) throw error;
      });
      const found = bytes && createHash('sha256').update(bytes).digest('hex');
      if (bytes !== undefined && found === artifact.digest) {
        if (attempt > 0) this.options.onHealed(kind, path);
        return JSON.parse(bytes.toString('utf8')) as T;
      }
      // The copy may be the damaged one: once more from the store.
      await this.discard(path);
      if (attempt > 0) throw new DigestMismatchError(path, artifact.digest, found ?? 'nothing');
    }
  }

  private pathOf(kind: VersionPart, { digest }: Artifact): string {
    return join(this.copies, kind, `${digest}.${kind === 'models' ? 'onnx' : 'json'}`);
  }

  /** Throws a damaged copy away; where the folder takes no writes, the next one is in the spare folder. */
  private async discard(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      if (this.copies !== this.folder || !takesNoWrites(error)) throw error;
      this.copies = spareFolder(this.folder);
    });
  }

  /** Path of an artifact's copy. */
  private async kept(kind: VersionPart, artifact: Artifact): Promise<string> {
    // Several are looked for at once, and the first that fails moves all.
    const tried = this.copies;
    try {
      return await this.copied(kind, artifact);
    } catch (error) {
      if (tried !== this.folder || !takesNoWrites(error)) throw error;
      this.copies = spareFolder(this.folder);
      return this.copied(kind, artifact);
    }
  }

  private async copied(kind: VersionPart, artifact: Artifact): Promise<string> {
    const path = this.pathOf(kind, artifact);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.size === artifact.bytes) {
      // When it was last asked for: of a folder that takes no writes nothing is removed.
      await utimes(path, new Date(), new Date()).catch(() => undefined);
      return path;
    }
    // A link that leads nowhere stands for none. A whole file is there since a moment ago: another process has put it there.
    const placed = await lstat(path).catch(() => undefined);
    if (found === undefined && placed?.isFile() && placed.size === artifact.bytes) return path;
    const damaged = found !== undefined || placed !== undefined;
    const coming = this.coming.get(path) ?? this.written(path, artifact).finally(() => this.coming.delete(path));
    this.coming.set(path, coming);
    await coming;
    // What is shorter or longer than it was registered is damaged as well, and so is what is no file.
    if (damaged) this.options.onHealed(kind, path);
    return path;
  }

  /** Writes a copy, once there is room for it. */
  private written(path: string, artifact: Artifact): Promise<string> {
    const { artifacts } = this.options;
    return this.room.fill(dirname(dirname(path)), artifact, async () => {
      const partial = await this.partial(dirname(path));
      try {
        // Read whole, a small file is there sooner: a copy by streams has to load them first.
        if (artifact.bytes <= SMALL) await writeFile(partial, await artifacts.get(artifact.key));
        else await artifacts.download(artifact.key, partial);
        await chmod(partial, accessIn(dirname(path)).file);
        await replaceBy(partial, path);
        return path;
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** What the owner of the cache needs, and what releases do that other processes keep in the same folder. */
  private async needed(): Promise<ReadonlySet<string>> {
    const kept = await Promise.all((await this.models()).map((model) => this.recall(model)));
    const versions = kept.flatMap((release) => release?.versions ?? []);
    return new Set([...this.options.needed(), ...versions.flatMap(digestsOf)]);
  }

  /** A name for a file that is being written, and folders for it. */
  private async partial(folder: string): Promise<string> {
    const root = dirname(folder);
    const partial = unfinishedIn(root);
    makePrivateFolder(dirname(partial));
    makePrivateFolder(folder);
    // What a killed process left; once, for a home does so whenever it is opened, and not all caches are in one.
    const swept = this.swept.get(root) ?? removeUnfinished(root);
    this.swept.set(root, swept);
    await swept;
    return partial;
  }

  /** Keeps a release, whole or not at all. */
  async keep(model: string, release: ReleaseSnapshot): Promise<void> {
    const folder = join(this.folder, 'releases');
    const path = join(folder, `${model}.json`);
    const partial = await this.partial(folder);
    await writeFile(partial, JSON.stringify(release), { mode: PRIVATE.file });
    await chmod(partial, accessIn(folder).file);
    if (await replaceBy(partial, path)) this.options.onHealed('releases', path);
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

/** Digests of all that is kept of a version. */
export const digestsOf = ({ artifact, baseline, rehearsal }: ModelVersion): string[] =>
  [artifact, baseline, rehearsal].flatMap((each) => (each ? [each.digest] : []));

/**
 * Puts a file into a place, whatever is there: a rename puts none into that of a folder.
 *
 * @returns whether there was a folder
 */
async function replaceBy(partial: string, path: string): Promise<boolean> {
  try {
    await rename(partial, path);
    return false;
  } catch (error) {
    if (!['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await rm(path, { recursive: true, force: true });
    await rename(partial, path);
    return true;
  }
}
