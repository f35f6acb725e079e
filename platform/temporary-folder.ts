import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isProcessGone, processToken } from './process-token.ts';

/** `trimtab-<purpose>-<token of the process>-<random>`: whose it is can be read off the name, from its first moment on. */
const NAME = /^trimtab-[a-z]+-(\d+-[0-9a-f]{8,16}-[0-9a-z]+)-[A-Za-z0-9]{6}$/;
/** `trimtab-<purpose>-<random>`: results of a command, for its user to look at. They are no process's. */
const RESULTS = /^trimtab-[a-z]+-[0-9a-f]{12}$/;
/** A folder of another machine or container, and one of results, is litter when nothing in it has changed for so long. */
const FOREIGN_MS = 7 * 86_400_000;

/**
 * Makes a folder that is this process's own until it ends, for its user only, in the temporary folder of the system.
 * Whoever makes one removes it; what a kill leaves is removed by the next start ({@link sweepTemporaryFolders}).
 *
 * @param purpose what it is for: lower-case letters
 */
export const makeTemporaryFolder = (purpose: string): Promise<string> =>
  mkdtemp(path.join(os.tmpdir(), `trimtab-${purpose}-${processToken()}-`));

/** Works in a folder of its own, which is gone afterwards. */
export async function withTemporaryFolder<T>(purpose: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder(purpose);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A name for a folder of results in the temporary folder of the system, which is swept when they are a week old. */
export const resultsName = (purpose: string): string =>
  path.join(os.tmpdir(), `trimtab-${purpose}-${randomBytes(6).toString('hex')}`);

/**
 * Removes the temporary folders of processes that are no more, and old results: they may hold rows of people. Those of
 * other users stay.
 *
 * @returns those that could not be removed
 */
export async function sweepTemporaryFolders(): Promise<string[]> {
  const names = await readdir(os.tmpdir()).catch(() => []);
  const kept: string[] = [];
  for (const name of names) {
    const token = NAME.exec(name)?.[1];
    if (token === undefined && !RESULTS.test(name)) continue;
    const folder = path.join(os.tmpdir(), name);
    if (!(await isLitter(folder, token))) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => kept.push(folder));
  }
  return kept;
}

async function isLitter(folder: string, token: string | undefined): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined);
  if (info === undefined || (process.getuid !== undefined && info.uid !== process.getuid())) return false;
  const gone = token === undefined ? undefined : isProcessGone(token);
  if (gone !== undefined) return gone;
  const inside = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    inside.map((name) =>
      stat(path.join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Date.now() - Math.max(info.mtimeMs, ...times) > FOREIGN_MS;
}
