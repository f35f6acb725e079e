import { chmod, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isShared, PRIVATE, SHARED } from '../private-files.ts';

/** What is at the top of a home; a folder in which there is more is somebody's own. */
const OWN =
  /^(ledger|artifacts|data|captures|cache|\.unfinished|(metrics|events|drops)\.jsonl(\.1)?|(privacy|ledger)\.key|local-runtime\.json)$/;

/** A file or folder of a home that others than its user, or than the group that it is shared with, may read or write. */
export interface Wide {
  readonly path: string;
  readonly mode: number;
  /** What it should have at most. */
  readonly allowed: number;
}

/** What is open to others at the top of a home: what lies below a closed folder is closed. */
export async function wideIn(root: string): Promise<Wide[]> {
  if (process.platform === 'win32') return [];
  const names = await readdir(root).catch(() => []);
  const shared = isShared((await stat(root)).mode);
  const { folder, file } = shared ? SHARED : PRIVATE;
  const found: Wide[] = [];
  // Keys have a check of their own: one that others could read is to be looked at by a person.
  for (const name of ['.', ...names.filter((each) => OWN.test(each) && !each.endsWith('.key'))]) {
    const info = await stat(path.join(root, name)).catch(() => undefined);
    if (info === undefined) continue;
    const mode = info.mode & 0o7777;
    const allowed = info.isDirectory() ? folder : file;
    if ((mode & 0o777 & ~allowed) !== 0) found.push({ path: path.join(root, name), mode, allowed });
  }
  return found;
}

/**
 * Closes a home that an earlier version, or somebody, left open to others, and says so. A folder in which there is more
 * than a home stays as it is, and so does what is another user's; `doctor` tells of both.
 */
export async function narrow(root: string): Promise<void> {
  const closed: string[] = [];
  const isOwn = (await readdir(root).catch(() => [])).every((name) => OWN.test(name));
  for (const { path: wide, mode, allowed } of await wideIn(root)) {
    if (wide === path.join(root, '.') && !isOwn) continue;
    const done = await chmod(wide, mode & (allowed | 0o7000)).then(
      () => true,
      () => false,
    );
    if (done) closed.push(path.basename(wide));
  }
  if (closed.length > 0)
    process.emitWarning(
      `others could read in ${root} (${closed.join(', ')}): it is closed to them now; to share it with a group, chmod 2770 it`,
    );
}
