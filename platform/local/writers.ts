import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';

/** Bits of a file's flags that say what it is open for; 0 is reading only (fcntl.h). */
const ACCESS = 0o3;

/** A file by what it is, whatever its name. */
export const fileIdentity = ({ dev, ino }: { dev: number | bigint; ino: number | bigint }): string => `${dev}:${ino}`;

/**
 * Files with one of some names that a process holds open for writing, by their identity, with its number. Only Linux says
 * so (proc(5)), only of processes that this user may look into, and only of this machine's: what is not found may be
 * written to all the same.
 *
 * @param names last parts of paths
 */
export async function heldForWriting(names: ReadonlySet<string>): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const folder = `/proc/${pid}/fd`;
    for (const fd of await readdir(folder).catch(() => [])) {
      const target = await readlink(path.join(folder, fd)).catch(() => '');
      if (!names.has(path.basename(target))) continue;
      const identity = await writtenBy(pid, fd);
      if (identity !== undefined) held.set(identity, Number(pid));
    }
  }
  return held;
}

/** Identity of what a process has open under a number, if for writing. */
async function writtenBy(pid: string, fd: string): Promise<string | undefined> {
  try {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
    return (flags & ACCESS) === 0 ? undefined : fileIdentity(await stat(`/proc/${pid}/fd/${fd}`));
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}
