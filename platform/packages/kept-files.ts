import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What lies beside the files that it lists. */
const LIST = 'files.json';

interface KeptFile {
  readonly bytes: number;
  /** When it was written; milliseconds since 1970. */
  readonly writtenAt: number;
  readonly sha256: string;
}

/** Writes down what is in a folder, so that {@link areIntact} can tell whether it is still that. */
export function listFiles(folder: string): void {
  const files: Record<string, KeptFile> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(file);
    files[path.relative(folder, file)] = { bytes: size, writtenAt: mtimeMs, sha256: digestOf(file) };
  }
  writeFileSync(path.join(folder, LIST), JSON.stringify(files));
}

/**
 * Whether the files of a folder are those that were listed. What was written since is read whole, and all when asked
 * for; else sizes are enough, for libraries are large and commands want to start soon.
 */
export function areIntact(folder: string, how: 'changed' | 'all' = 'changed'): boolean {
  const list = path.join(folder, LIST);
  if (!existsSync(list)) return false;
  try {
    const files = JSON.parse(readFileSync(list, 'utf8')) as Record<string, KeptFile>;
    return Object.entries(files).every(([name, { bytes, writtenAt, sha256 }]) => {
      const file = path.join(folder, name);
      const { size, mtimeMs } = statSync(file);
      return size === bytes && ((how === 'changed' && mtimeMs === writtenAt) || digestOf(file) === sha256);
    });
  } catch {
    return false;
  }
}

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
