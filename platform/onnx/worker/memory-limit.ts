import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { memoryHere } from '../../memory.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the largest Lambda function has; MB. */
const FUNCTION_MB = 10_240;

/** What a process may hold that has the machine to itself: what the largest function has, or most of what there is here; MB. */
export const mostMemoryMb = (): number => Math.min(FUNCTION_MB, Math.floor(memoryHere() / 1.25e6));

/** How often it is looked; milliseconds. */
const LOOK_MS = 50;

/** Should the system run out of memory all the same, it is this process that goes first, not the one that asks. */
export function endFirst({ pid }: WorkerProcess): void {
  if (pid !== undefined) writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => undefined);
}

/**
 * Kills a worker that holds more memory than it may while it does something. A limit of the address space would not do:
 * JavaScript's engine reserves much more of it than it ever holds.
 */
export class MemoryLimit {
  #exceeded = false;
  #tasks = 0;
  #looking = false;

  /** @param megabytes of resident memory */
  constructor(
    private readonly worker: WorkerProcess,
    private readonly megabytes: number,
  ) {}

  /** Whether the worker was killed for holding more than it may. */
  get exceeded(): boolean {
    return this.#exceeded;
  }

  /** The worker begins something: it is looked at until it has ended, a timer for all that it does in a row. */
  begin(): void {
    this.#tasks++;
    if (!this.#looking) this.#next();
  }

  end(): void {
    this.#tasks--;
  }

  #next(): void {
    this.#looking = true;
    setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    const { pid } = this.worker;
    const held = pid === undefined || this.#tasks === 0 ? undefined : await residentBytes(pid);
    this.#looking = false;
    if (held === undefined || this.#tasks === 0) return;
    if (held <= this.megabytes * 1e6) return this.#next();
    this.#exceeded = true;
    this.worker.kill();
  }
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
