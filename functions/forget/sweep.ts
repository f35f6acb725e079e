import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { ObjectStore, StoredWrite } from '../../platform/ports.ts';
import type { Edited } from './lines.ts';

/** How much was erased, or would be. */
export interface Tally {
  /** Objects that held some of it, replaced and deleted writes included. */
  objects: number;
  /** Rows of what was current. */
  rows: number;
}

export interface Sweep {
  readonly store: ObjectStore;
  readonly prefix: string;
  /** Which objects under the prefix. @default all */
  readonly wanted?: (key: string) => boolean;
  /** Writes a copy without what is to go. Nothing needs to be written when nothing is. */
  readonly edit: (from: string, to: string, key: string) => Promise<Edited>;
  /** Called with the copy, and what it is a copy of, before it takes an object's place or the object is erased. */
  readonly before?: (key: string, copy: string, from: string) => Promise<void>;
  /** Called when an object is as it should be, looked through or edited. */
  readonly after?: (key: string) => Promise<void>;
  /** Folder for copies. */
  readonly scratch: string;
  readonly dryRun: boolean;
  /** Told of every object that was looked through, and of what was found in it. */
  readonly seen: (key: string, gone: Edited['gone'], latest: boolean) => Promise<void> | void;
}

/**
 * Looks through every write of every object under a prefix, one at a time, and takes out what is to go. An object is
 * put anew before its former writes are erased, so that whatever interrupts this loses nothing else; what is left
 * undone is found again.
 */
export async function sweep(options: Sweep): Promise<Tally> {
  const { store, prefix, wanted = () => true, edit, scratch, dryRun, seen } = options;
  const tally: Tally = { objects: 0, rows: 0 };
  const [from, to] = [path.join(scratch, 'from'), path.join(scratch, 'to')];
  for await (const write of store.writes(prefix)) {
    const { key, latest } = write;
    if (!wanted(key) || !(await fetched(store, write, from))) continue;
    const edited = await edit(from, to, key);
    if (edited.gone > 0) {
      tally.objects++;
      if (latest) tally.rows += edited.gone;
      if (!dryRun) {
        if (latest) await options.before?.(key, to, from);
        await replace(store, write, to, edited.left);
      }
    }
    if (latest && !dryRun) await options.after?.(key);
    await seen(key, edited.gone, latest);
    await Promise.all([rm(from, { force: true }), rm(to, { force: true })]);
  }
  return tally;
}

/** An older write may have gone with a newer one, and a current one may be replaced by somebody else meanwhile. */
async function fetched(store: ObjectStore, { key, versionId, latest }: StoredWrite, to: string): Promise<boolean> {
  try {
    await store.download(key, to, latest ? undefined : versionId);
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
}

async function replace(store: ObjectStore, { key, latest }: StoredWrite, copy: string, left: number): Promise<void> {
  if (latest && left === 0) return store.erase(key);
  if (latest) await store.upload(key, copy);
  const current = await store.head(key);
  await store.erase(key, current ? { keep: current.versionId } : {});
}
