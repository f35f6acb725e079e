import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';

/** A control group that holds its processes to a number of megabytes: the kernel kills what goes beyond. */
export interface MemoryLimit {
  /** File that a process writes its number to, to be held. */
  readonly join: string;
  close(): Promise<void>;
}

/** Makes one; undefined where control groups cannot be made. */
export function limitMemory(name: string, megabytes: number): MemoryLimit | undefined {
  const bytes = String(megabytes * 1024 * 1024);
  for (const { base, limit } of [
    { base: ROOT, limit: 'memory.max' },
    { base: path.join(ROOT, 'memory'), limit: 'memory.limit_in_bytes' },
  ]) {
    const folder = path.join(base, name);
    try {
      mkdirSync(folder);
      // A group of a kind that does not account for memory has no such file.
      if (!existsSync(path.join(folder, limit))) {
        rmdirSync(folder);
        continue;
      }
      writeFileSync(path.join(folder, limit), bytes);
      return { join: path.join(folder, 'cgroup.procs'), close: () => remove(folder) };
    } catch {}
  }
  return undefined;
}

/** A group can be removed when the kernel has seen the last of its processes off. */
async function remove(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      await sleep(20);
    }
  }
  throw new Error(`${folder} still has processes: ${readFileSync(path.join(folder, 'cgroup.procs'), 'utf8')}`);
}
