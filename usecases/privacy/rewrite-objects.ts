import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ObjectNotFoundError, PlatformError } from '../../platform/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../platform/ports.ts';
import type { EditedFile } from './edit-lines.ts';

/** How much was erased, or would be. */
export interface ErasureCount {
  /** Objects that held some of it, replaced and deleted writes included. */
  objects: number;
  /** Rows of what was current. */
  rows: number;
}

export interface RewriteOptions {
  readonly store: ObjectStore;
  readonly prefix: string;
  /** Which objects under the prefix. @default all */
  readonly wanted?: (key: string) => boolean;
  /** Writes a copy without what is to go. Nothing needs to be written when nothing is. */
  readonly edit: (from: string, to: string, key: string) => Promise<EditedFile>;
  /** Called with the copy, and what it is a copy of, before it takes an object's place or the object is erased. */
  readonly before?: (key: string, copy: string, from: string) => Promise<void>;
  /** Called when an object is as it should be, looked through or edited. */
  readonly after?: (key: string) => Promise<void>;
  /** Folder for copies. */
  readonly scratch: string;
  readonly dryRun: boolean;
  /** Told of every write that was looked through, and of what was found in it. */
  readonly seen: (key: string, gone: EditedFile['gone'], latest: boolean) => Promise<void> | void;
  /** Told of every object that is not what it should be. It stays as it is. */
  readonly unread: (key: string) => void;
}

/** How often an object that others write to meanwhile is looked through again. */
const MAX_ATTEMPTS = 10;

/**
 * Looks through every write of every object under a prefix, one at a time, and takes out what is to go. An object is
 * put anew before the write that held it is erased, so that whatever interrupts this loses nothing else; what is left
 * undone is found again. Only what was looked through is replaced and erased: what others write meanwhile stays.
 */
export async function rewriteObjects(options: RewriteOptions): Promise<void> {
  const { store, prefix, wanted = () => true } = options;
  for await (const { key, versionId, latest } of store.writes(prefix)) {
    if (!wanted(key)) continue;
    const looked = latest ? await sweepCurrent(options, key) : [];
    // Somebody may have replaced it since it was listed.
    if (!looked.includes(versionId)) await sweepFormer(options, key, versionId);
  }
}

/** @returns version ids of what was looked through: several, when others wrote to the key meanwhile */
async function sweepCurrent(options: RewriteOptions, key: string): Promise<string[]> {
  const { store, dryRun } = options;
  const [looked, holding]: [string[], string[]] = [[], []];
  for (;;) {
    const found = await look(options, key);
    if (found) looked.push(found.info.versionId);
    const gone = found?.edited?.gone ?? 0;
    if (found?.edited && gone > 0 && !dryRun) {
      holding.push(found.info.versionId);
      await options.before?.(key, found.to, found.from);
      if (!(await replace(store, found.info, found.to, found.edited.left))) {
        if (looked.length < MAX_ATTEMPTS) continue;
        throw new PlatformError(`${key} keeps changing while it is looked through`);
      }
    }
    if (holding.length > 0) await store.erase(key, { only: holding });
    if (found?.edited) {
      if (!dryRun) await options.after?.(key);
      await options.seen(key, gone, true);
    }
    await clear(options);
    return looked;
  }
}

async function sweepFormer(options: RewriteOptions, key: string, versionId: string): Promise<void> {
  const found = await look(options, key, versionId);
  if (!found?.edited) return clear(options);
  const { gone } = found.edited;
  if (gone > 0 && !options.dryRun) await options.store.erase(key, { only: [versionId] });
  await options.seen(key, gone, false);
  await clear(options);
}

interface Look {
  readonly info: ObjectInfo;
  readonly from: string;
  readonly to: string;
  /** Absent when the object cannot be read. */
  readonly edited?: EditedFile;
}

/** @returns undefined when there is no such object, or no such write of it, any more */
async function look(
  { store, edit, scratch, unread }: RewriteOptions,
  key: string,
  versionId?: string,
): Promise<Look | undefined> {
  const [from, to] = copies(scratch);
  let info: ObjectInfo;
  try {
    info = await store.download(key, from, versionId);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
  try {
    return { info, from, to, edited: await edit(from, to, key) };
  } catch (error) {
    if (error instanceof PlatformError || isOfSystem(error)) throw error;
    unread(key);
    return { info, from, to };
  }
}

/** A full disk is no fault of the object. */
const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** @returns false, having changed nothing, when it is no longer what was looked through */
async function replace(store: ObjectStore, { key, etag }: ObjectInfo, copy: string, left: number): Promise<boolean> {
  if (left > 0) return store.upload(key, copy, { ifMatch: etag });
  // Without this the write before it would come back when it is erased.
  await store.delete(key, { etag });
  return (await store.head(key)) === undefined;
}

const copies = (scratch: string): [string, string] => [path.join(scratch, 'from'), path.join(scratch, 'to')];

async function clear({ scratch }: RewriteOptions): Promise<void> {
  await Promise.all(copies(scratch).map((file) => rm(file, { force: true })));
}
