import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ObjectNotFoundError, PlatformError } from '../errors.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { isUnfinished, place } from './atomic.ts';

const MAX_KEY = 1_024;

/**
 * Objects as files of a folder, each under its own key, so that a person can drop and read them by hand. Only the
 * last write of a key is kept: its version id is its etag, and an older one is not found.
 */
export class FileObjectStore implements ObjectStore {
  constructor(readonly root: string) {}

  async get(key: string): Promise<Uint8Array> {
    try {
      return await readFile(this.#path(key));
    } catch (error) {
      throw notFound(key, error);
    }
  }

  async download(key: string, target: string, versionId?: string): Promise<ObjectInfo> {
    const info = await this.head(key);
    if (!info || (versionId !== undefined && info.versionId !== versionId)) throw new ObjectNotFoundError(key);
    try {
      await copyFile(this.#path(key), target);
    } catch (error) {
      throw notFound(key, error);
    }
    // Somebody may have replaced it while it was being copied.
    if (versionId !== undefined && (await this.head(key))?.versionId !== versionId) throw new ObjectNotFoundError(key);
    return info;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.#info(key, this.#path(key));
  }

  put(key: string, body: Uint8Array | string, options?: { ifAbsent?: boolean }): Promise<boolean> {
    return place(this.#path(key), (unfinished) => writeFile(unfinished, body), options?.ifAbsent);
  }

  upload(key: string, source: string, options?: { ifAbsent?: boolean }): Promise<boolean> {
    return place(this.#path(key), (unfinished) => copyFile(source, unfinished), options?.ifAbsent);
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    if (prefix !== '') checkKey(prefix.replace(/\/$/, ''));
    // Only the folder that the prefix points into can hold matches.
    const folder = path.join(this.root, ...prefix.split('/').slice(0, -1).map(encode));
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile() && !isUnfinished(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => ({ file, key: path.relative(this.root, file).split(path.sep).map(decode).join('/') }))
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { file, key } of files) {
      const info = await this.#info(key, file);
      if (info) yield info;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async #info(key: string, file: string): Promise<ObjectInfo | undefined> {
    const info = await stat(file, { bigint: true }).catch(() => undefined);
    if (!info?.isFile()) return undefined;
    // Inode, size and time in nanoseconds: every write makes a new inode, so this changes whenever the content does.
    const etag = `${info.ino.toString(36)}-${info.size.toString(36)}-${info.mtimeNs.toString(36)}`;
    return { key, bytes: Number(info.size), etag, versionId: etag, modifiedAt: new Date(Number(info.mtimeMs)) };
  }

  #path(key: string): string {
    checkKey(key);
    return path.join(this.root, ...key.split('/').map(encode));
  }
}

function checkKey(key: string): void {
  const parts = key.split('/');
  if (key.length > MAX_KEY || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new PlatformError(
      `an object key is 1 to ${MAX_KEY} characters without empty, '.' or '..' parts, received '${key.slice(0, 80)}'`,
    );
}

/** Characters that some file system refuses are percent-encoded; ordinary names stay as they are. */
const encode = (part: string): string =>
  part.replace(/[^A-Za-z0-9 _.,=+@()\-\u00a0-\uffff]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
const decode = (part: string): string =>
  part.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function notFound(key: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
    ? new ObjectNotFoundError(key, { cause: error })
    : error;
}
