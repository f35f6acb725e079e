import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** What is built, installed or fetched, and made anew by whoever misses it. */
const BUILT = ['.cache', '.git', 'cdk.out', 'dist', 'node_modules'];

/** What there is in a checkout, files that Git ignores included. */
export interface Tree {
  /** Kind, permissions, size and time of the last write, by path. */
  readonly entries: Readonly<Record<string, string>>;
  /** Homes that a process serves, which writes there whenever it likes: what is in them is not looked at. */
  readonly served: readonly string[];
}

/** Reads all there is below a folder, but for what is built. */
export function readTree(root: string): Tree {
  const entries: Record<string, string> = {};
  const served: string[] = [];
  const read = (folder: string): void => {
    for (const { name } of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      if (folder === '' && BUILT.includes(name)) continue;
      const file = path.posix.join(folder, name);
      const found = lstatSync(path.join(root, file), { bigint: true });
      if (found.isDirectory() && isServed(path.join(root, file))) {
        served.push(file);
        continue;
      }
      // A folder's time tells of files that came and went; how large it is, is up to the file system.
      entries[file] = [
        kindOf(found),
        (found.mode & 0o7777n).toString(8),
        ...(found.isFile() ? [`${found.size} bytes`] : []),
        ...(found.isSymbolicLink() ? [`to ${readlinkSync(path.join(root, file))}`] : []),
        `written at ${new Date(Number(found.mtimeMs)).toISOString()} (${found.mtimeNs} ns)`,
      ].join(', ');
      if (found.isDirectory()) read(file);
    }
  };
  read('');
  return { entries, served };
}

/** What has been added, deleted and changed, a line each, in the order of paths. */
export function differences(before: Tree, after: Tree): string[] {
  const served = [...before.served, ...after.served];
  const compared = (file: string): boolean => !served.some((home) => file === home || file.startsWith(`${home}/`));
  return [...new Set([...Object.keys(before.entries), ...Object.keys(after.entries)])]
    .filter(compared)
    .sort()
    .flatMap((file) => {
      const [was, is] = [before.entries[file], after.entries[file]];
      if (was === is) return [];
      if (was === undefined) return [`added ${file}`];
      if (is === undefined) return [`deleted ${file}`];
      return [`changed ${file}: was ${was}; is ${is}`];
    });
}

function kindOf(found: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): string {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'neither file nor folder';
}

/** Whether a folder is a home that `trimtab up` or `npm start` has open just now. */
function isServed(folder: string): boolean {
  try {
    const { pid } = JSON.parse(readFileSync(path.join(folder, 'local-runtime.json'), 'utf8')) as { pid: number };
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is such a process, and it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
