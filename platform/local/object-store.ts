import type { BigIntStats } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { copyFile, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ObjectNotFoundError, PlatformError } from '../errors.ts';
import { checkKey } from '../keys.ts';
import type { Body, ObjectInfo, ObjectStore, PutOptions, StoredWrite } from '../ports.ts';
import { codeOf, isAbsent, writeAtomically } from './atomic.ts';
import { assertReserve } from './disk-reserve.ts';
import { withFileLock } from './lock.ts';
import { decodePart, encodePart } from './names.ts';
import { fileIdentity, heldForWriting } from './writers.ts';

/** LF, and the CR that old spreadsheets end lines with. */
const LINE_ENDS = [10, 13];
/** How often a file that is changed while it is being copied is copied again. */
const COPIES = 5;

/**
 * Objects as files of a folder, each under its own key, so that a person can drop and read them by hand. Only the
 * last write of a key is kept: its version id is its etag, and an older one is not found.
 *
 * On a file system that ignores case, keys that differ in case only are one object.
 */
export class FileObjectStore implements ObjectStore {
  /** @param options.reserve whether the last room of the disk is left for what matters more */
  constructor(
    readonly root: string,
    private readonly options: { readonly reserve?: boolean } = {},
  ) {}

  async get(key: string): Promise<Uint8Array> {
    try {
      return await readFile(await this.#find(key));
    } catch (error) {
      throw notFound(key, error);
    }
  }

  async download(key: string, target: string, versionId?: string): Promise<ObjectInfo> {
    for (let copies = 1; ; copies++) {
      const info = await this.#copy(key, target, versionId);
      if (info) return info;
      // A person is writing to the very file; objects that are put here are replaced whole.
      if (versionId !== undefined) throw new ObjectNotFoundError(key);
      if (copies >= COPIES) throw new PlatformError(`${key} keeps changing while it is read`);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return infoOf(key, await this.#find(key));
  }

  put(key: string, body: Body, options?: PutOptions): Promise<boolean> {
    return this.#put(key, (unfinished) => write(unfinished, body), options);
  }

  upload(key: string, source: string, options?: PutOptions): Promise<boolean> {
    return this.#put(key, (unfinished) => copyFile(source, unfinished), options);
  }

  async *list(prefix: string, { after }: { after?: string } = {}): AsyncIterable<ObjectInfo> {
    for await (const info of this.#walk(this.root, '', prefix))
      if (after === undefined || Buffer.compare(Buffer.from(info.key), Buffer.from(after)) > 0) yield info;
  }

  async delete(key: string, { etag }: { etag?: string } = {}): Promise<void> {
    const file = await this.#find(key);
    if (etag === undefined) return rm(file, { force: true });
    await withFileLock(this.root, file, async () => {
      if ((await infoOf(key, file))?.etag === etag) await rm(file, { force: true });
    });
  }

  async *writes(prefix: string): AsyncIterable<StoredWrite> {
    for await (const info of this.list(prefix)) yield { ...info, latest: true };
  }

  async erase(key: string, { keep, only }: { keep?: string; only?: readonly string[] } = {}): Promise<void> {
    if (keep === undefined && only === undefined) return this.delete(key);
    const current = await this.head(key);
    if (current && current.versionId !== keep && (only?.includes(current.versionId) ?? true))
      await this.delete(key, { etag: current.etag });
  }

  /** Which of some objects a process of this machine still writes to, as far as can be seen, with its number. */
  async writersOf(keys: readonly string[]): Promise<Map<string, number>> {
    const files = await Promise.all(keys.map(async (key) => [key, await this.#find(key)] as const));
    const held = await heldForWriting(new Set(files.map(([, file]) => path.basename(file))));
    const found = new Map<string, number>();
    for (const [key, file] of held.size === 0 ? [] : files) {
      const info = await stat(file).catch(() => undefined);
      const pid = info && held.get(fileIdentity(info));
      if (pid !== undefined) found.set(key, pid);
    }
    return found;
  }

  /** Whether an object of text ends in the middle of a line; false where it is empty, or not there. */
  async endsWithinLine(key: string): Promise<boolean> {
    const handle = await open(await this.#find(key)).catch(() => undefined);
    if (handle === undefined) return false;
    try {
      const { size } = await handle.stat();
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return bytesRead === 1 && !LINE_ENDS.includes(buffer[0]!);
    } finally {
      await handle.close();
    }
  }

  async #put(
    key: string,
    fill: (unfinished: string) => Promise<void>,
    { ifAbsent, ifMatch }: PutOptions = {},
  ): Promise<boolean> {
    const file = await this.#find(key);
    const fillWhole = async (unfinished: string): Promise<void> => {
      if (this.options.reserve) await assertReserve(path.dirname(unfinished));
      await fill(unfinished);
      // Two writes within one tick of the kernel's clock leave both times alike, and it would look as if written in place.
      const now = new Date();
      await utimes(unfinished, now, now);
    };
    if (ifMatch === undefined) return writeAtomically(this.root, file, fillWhole, { ifAbsent });
    const place = (rename: () => Promise<void>): Promise<boolean> =>
      withFileLock(this.root, file, async () => {
        if ((await infoOf(key, file))?.etag !== ifMatch) return false;
        await rename();
        return true;
      });
    return writeAtomically(this.root, file, fillWhole, { ifAbsent, place });
  }

  /** @returns undefined when the file was changed in the middle */
  async #copy(key: string, target: string, versionId?: string): Promise<ObjectInfo | undefined> {
    const file = await this.#find(key);
    const handle = await open(file).catch((error: unknown) => {
      throw notFound(key, error);
    });
    try {
      const before = await handle.stat({ bigint: true });
      const info = described(key, before);
      if (!before.isFile() || (versionId !== undefined && info.versionId !== versionId))
        throw new ObjectNotFoundError(key);
      await pipeline(
        handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20, start: 0 }),
        createWriteStream(target),
      );
      return tagOf(await handle.stat({ bigint: true })) === info.etag ? info : undefined;
    } finally {
      await handle.close();
    }
  }

  /** Everything below a folder, in the order of the keys' bytes as S3 has it, one folder in memory at a time. */
  async *#walk(folder: string, above: string, prefix: string): AsyncIterable<ObjectInfo> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    // By key, with '/' behind a folder's: what is below it sorts by that character.
    const children = new Map<string, { name: string; key: string; isFolder: boolean }>();
    for (const entry of entries) {
      const isFolder = entry.isDirectory();
      if (entry.name.startsWith('.') || !(isFolder || entry.isFile())) continue;
      const part = decodePart(entry.name);
      const key = `${above}${part}${isFolder ? '/' : ''}`;
      const matches = key.startsWith(prefix) || (isFolder && prefix.startsWith(key));
      // Of two names that stand for one key, the one that the key is written under counts.
      if (matches && (!children.has(key) || encodePart(part) === entry.name))
        children.set(key, { name: entry.name, key, isFolder });
    }
    for (const { name, key, isFolder } of [...children.values()].sort(byBytes)) {
      const file = path.join(folder, name);
      if (isFolder) yield* this.#walk(file, key, prefix);
      else {
        const info = await infoOf(key, file);
        if (info) yield info;
      }
    }
  }

  /** The file of a key, there or not. A file or folder that a person has given the plain name is taken as it is. */
  async #find(key: string): Promise<string> {
    checkKey(key);
    const parts = key.split('/');
    const names = parts.map(encodePart);
    if (names.every((name, i) => name === parts[i])) return path.join(this.root, ...names);
    let file = this.root;
    for (const [i, name] of names.entries()) {
      const plain = path.join(file, parts[i]!);
      file = path.join(file, name);
      if (name !== parts[i] && !parts[i]!.startsWith('.') && !(await exists(file)) && (await exists(plain)))
        file = plain;
    }
    return file;
  }
}

const byBytes = (a: { key: string }, b: { key: string }): number =>
  Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));

const exists = async (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function infoOf(key: string, file: string): Promise<ObjectInfo | undefined> {
  try {
    const info = await stat(file, { bigint: true });
    return info.isFile() ? described(key, info) : undefined;
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

function described(key: string, info: BigIntStats): ObjectInfo {
  const etag = tagOf(info);
  const modifiedAt = new Date(Number(info.mtimeMs));
  const file = `${info.dev}-${info.ino}`;
  return { key, bytes: Number(info.size), etag, versionId: etag, modifiedAt, whole: isWhole(info), file };
}

/**
 * Writing sets both times of a file to the same instant; being renamed, linked or given a time, as copying and moving end,
 * sets the second one alone. So does a change of mode or owner: who saw the file before under its name knows better.
 */
const isWhole = ({ size, mtimeNs, ctimeNs }: BigIntStats): boolean => size > 0n && ctimeNs !== mtimeNs;

/** Inode, size and time in nanoseconds: every write makes a new inode, so this changes whenever the content does. */
const tagOf = (info: BigIntStats): string =>
  [info.ino, info.size, info.mtimeNs].map((part) => part.toString(36)).join('-');

function notFound(key: string, error: unknown): unknown {
  return isAbsent(error) || ['EISDIR', 'ENAMETOOLONG'].includes(codeOf(error))
    ? new ObjectNotFoundError(key, { cause: error })
    : error;
}

/** Pieces are written by one call, without a copy that holds them all. */
async function write(file: string, body: Body): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return writeFile(file, body);
  const handle = await open(file, 'w');
  try {
    for (const turn of turnsOf(body)) {
      const bytes = turn.reduce((sum, piece) => sum + piece.length, 0);
      const { bytesWritten } = await handle.writev(turn);
      if (bytesWritten !== bytes)
        throw new PlatformError(`${bytesWritten} of ${bytes} bytes could be written to ${file}`);
    }
  } finally {
    await handle.close();
  }
}

/** Bytes that are written at once. */
const TURN_BYTES = 256 * 1024;

/**
 * The pieces, some at a time. The kernel copies what is written in a thread of the pool: tens of megabytes in one call
 * take tens of milliseconds, and where that thread shares a core with the one that answers requests, the scheduler has
 * the two take slices of 5 ms by turns. What a turn takes is less than a slice, and nobody waits longer.
 */
function* turnsOf(pieces: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let [turn, bytes]: [Uint8Array[], number] = [[], 0];
  for (const piece of pieces) {
    if (bytes > 0 && bytes + piece.length > TURN_BYTES) {
      yield turn;
      [turn, bytes] = [[], 0];
    }
    turn.push(piece);
    bytes += piece.length;
  }
  if (turn.length > 0) yield turn;
}
