import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { datasetDrops } from '../../core/datasets/dataset-key.ts';
import { ObjectNotFoundError } from '../../platform/errors.ts';
import type { Home, ObjectInfo } from '../../platform/ports.ts';
import { readJson } from './dataset-version.ts';
import { fileOfDrop } from './drop-id.ts';

/**
 * Whoever judges a file and whoever erases rows from it at the same time see each other: each writes a mark of its own
 * before it looks for the other's, so that at least one of them finds it. One who is judging gives way as long as nothing
 * of the verdict is stored; a verdict that is being stored is waited for. Otherwise the rows that are left would be judged
 * as a new file, and be in two dataset versions.
 *
 * A mark is taken away by who wrote it as soon as it says nothing more. That of an erasure has to outlive it, and others
 * are left by who was killed: {@link clearMarks} takes those away.
 */

/** Minutes after which a mark of an erasure means nothing: nobody judges a file for so long. */
const MARK_MINUTES = 30;
/** Seconds that a verdict takes to be stored at most: as long as the function may run. */
const VERDICT_SECONDS = 300;
const POLL_MS = 250;

const erasureKey = (dataset: string, file: string): string => `${datasetDrops(dataset)}${file}.erasing`;
const reportKey = (dataset: string, drop: string): string => `reports/validation/${dataset}/${drop}/report.json`;

/** What is about to be stored of a file. */
export interface BeginningVerdict {
  readonly dataset: string;
  readonly drop: string;
  /** What was judged. */
  readonly info: ObjectInfo;
}

/**
 * Called before anything of a verdict is stored.
 *
 * @returns the mark, which {@link endVerdict} is to be told when the verdict is stored
 * @throws ObjectNotFoundError when rows have been erased from the file since it was read: what is left is another file
 * @throws Error when somebody is about to
 */
export async function beginVerdict(home: Home, { dataset, drop, info }: BeginningVerdict): Promise<string> {
  const own = `${datasetDrops(dataset)}${drop}.${randomUUID()}.verdict`;
  await home.data.put(own, JSON.stringify({ drop }));
  const key = erasureKey(dataset, fileOfDrop(drop));
  const mark = await home.data.head(key);
  if (mark === undefined || secondsSince(home, mark) > MARK_MINUTES * 60) return own;
  const { done } = (await readJson(home, key)) as { readonly done: boolean };
  const isThere = (await home.data.head(info.key))?.versionId === info.versionId;
  if (done && isThere) return own;
  await endVerdict(home, own);
  if (isThere) throw new Error(`rows are being erased from ${info.key}: it is judged afterwards`);
  throw new ObjectNotFoundError(info.key);
}

/**
 * Called when a verdict is stored, or will not be. Whoever may not delete leaves the mark there: of a verdict that is
 * stored it means nothing.
 */
export async function endVerdict(home: Home, mark: string): Promise<void> {
  try {
    await home.data.delete(mark);
  } catch (error) {
    process.emitWarning(`${mark} cannot be taken away: ${(error as Error).message}`);
  }
}

/** Called before a file is rewritten: returns when every verdict on it that was begun is stored, or its maker is dead. */
export async function beginErasure(home: Home, dataset: string, file: string): Promise<void> {
  await home.data.put(erasureKey(dataset, file), markBody(false));
  for (let waited = 0; waited < VERDICT_SECONDS * 1_000; waited += POLL_MS) {
    if (!(await isBeingStored(home, dataset, file))) return;
    await sleep(POLL_MS);
  }
}

/** Called when the file has been rewritten: dropped again as it was, it may be judged. */
export const endErasure = (home: Home, dataset: string, file: string): Promise<boolean> =>
  home.data.put(erasureKey(dataset, file), markBody(true));

/** No two are alike, so that none is taken away in place of one that was written meanwhile. */
const markBody = (done: boolean): string => JSON.stringify({ done, id: randomUUID() });

async function isBeingStored(home: Home, dataset: string, file: string): Promise<boolean> {
  for await (const mark of home.data.list(`${datasetDrops(dataset)}${file}`)) {
    const drop = /\/([^/.]+)\.[^/.]+\.verdict$/.exec(mark.key)?.[1];
    if (drop === undefined || secondsSince(home, mark) > VERDICT_SECONDS) continue;
    if (await home.data.head(reportKey(dataset, drop))) continue;
    // Stored, or given up, since it was listed.
    if (await home.data.head(mark.key)) return true;
  }
  return false;
}

/** Hours after which a mark means nothing to anybody, whatever the clocks of two machines say. */
const CLEARED_HOURS = 24;

/** Takes away what marks of a dataset are left that mean nothing any more. */
export async function clearMarks(home: Home, dataset: string): Promise<void> {
  for await (const mark of home.data.list(datasetDrops(dataset)))
    if (/\.(verdict|erasing)$/.test(mark.key) && secondsSince(home, mark) > CLEARED_HOURS * 3_600)
      await home.data.delete(mark.key, { etag: mark.etag });
}

const secondsSince = (home: Home, { modifiedAt }: ObjectInfo): number =>
  (home.clock.now().getTime() - modifiedAt.getTime()) / 1_000;
