import { chmod, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isShared, PRIVATE, SHARED } from '../private-files.ts';

/** What is at the top of a home; a folder in which there is more is somebody's own. */
const OWN =
  /^(ledger|artifacts|data|captures|cache|bookkeeping|\.unfinished|(metrics|events|drops)\.jsonl(\.1)?|(privacy|ledger)\.key|local-runtime\.json)$/;

/** A file or folder of a home that others than its user, or than the group that it is shared with, may read or write. */
export interface Wide {
  readonly path: string;
  readonly mode: number;
  /** What it should have at most. */
  readonly allowed: number;
}

/** What is open to others of a home, at its top; nothing where the folder itself is closed to them. */
export async function wideIn(root: string): Promise<Wide[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(root);
  const access = isShared(mode) ? SHARED : PRIVATE;
  const top = { path: root, mode: mode & 0o7777, allowed: access.folder };
  if (!isWide(top)) return [];
  // Keys have a check of their own: one that others could read is to be looked at by a person.
  const names = (await readdir(root).catch(() => [])).filter((name) => OWN.test(name) && !name.endsWith('.key'));
  const inside = names.map(async (name): Promise<Wide | undefined> => {
    const info = await stat(path.join(root, name)).catch(() => undefined);
    if (info === undefined) return undefined;
    const allowed = info.isDirectory() ? access.folder : access.file;
    return { path: path.join(root, name), mode: info.mode & 0o7777, allowed };
  });
  return [top, ...(await Promise.all(inside))].filter((each) => each !== undefined && isWide(each)) as Wide[];
}

const isWide = ({ mode, allowed }: Wide): boolean => (mode & 0o777 & ~allowed) !== 0;

/**
 * Closes a home that an earlier version, or somebody, left open to others, and says so. A folder in which there is more
 * than a home stays as it is, and so does what is another user's; `doctor` tells of both.
 */
export async function narrow(root: string): Promise<void> {
  const closed: string[] = [];
  const isOwn = (await readdir(root).catch(() => [])).every((name) => OWN.test(name));
  for (const { path: wide, mode, allowed } of await wideIn(root)) {
    if (wide === root && !isOwn) continue;
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
