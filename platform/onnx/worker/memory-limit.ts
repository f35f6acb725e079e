import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { WorkerProcess } from './worker-process.ts';

/** What the largest Lambda function has; MB. */
const FUNCTION_MB = 10_240;

/** What a process may hold that has the machine to itself: what the largest function has, or most of what there is here; MB. */
export const mostMemoryMb = (): number => Math.min(FUNCTION_MB, Math.floor(totalmem() / 1.25e6));

/** How often it is looked; milliseconds. */
const LOOK_MS = 50;

/** Watches how much memory a worker holds. */
export interface MemoryLimit {
  /** Whether it was killed for holding more than it may. */
  readonly exceeded: boolean;
  stop(): void;
}

/** Should the system run out of memory all the same, it is this process that goes first, not the one that asks. */
export function endFirst({ pid }: WorkerProcess): void {
  if (pid !== undefined) writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => undefined);
}

/**
 * Kills a worker that holds more memory than it may. A limit of the address space would not do: JavaScript's engine
 * reserves much more of it than it ever holds.
 *
 * @param megabytes of resident memory
 */
export function limitMemory(worker: WorkerProcess, megabytes: number): MemoryLimit {
  const { pid } = worker;
  let [exceeded, stopped] = [false, false];
  const look = async (): Promise<void> => {
    const held = pid === undefined ? undefined : await residentBytes(pid);
    if (stopped || held === undefined) return;
    if (held > megabytes * 1e6) {
      exceeded = true;
      worker.kill();
      return;
    }
    timer = setTimeout(look, LOOK_MS);
  };
  let timer = setTimeout(look, LOOK_MS);
  return {
    get exceeded() {
      return exceeded;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What a process holds in memory; undefined where the system does not tell, or there is no such process. */
async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  const kilobytes = status === undefined ? await byPs(pid) : /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
}

/** Where there is no /proc, as on macOS. */
const byPs = (pid: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, out) =>
      resolve(error === null && /\d/.test(out) ? out.trim() : undefined),
    );
  });
