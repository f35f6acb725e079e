import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What is left on the heaps of a server's processes once their garbage is collected. */
export interface LiveMemory {
  /** Bytes, buffers outside the heap included. */
  readonly bytes: number;
  readonly processes: number;
}

/** Loaded into every process of the server: on SIGUSR2 it collects its garbage and writes down what is left. */
const PROBE = `
const { isMainThread } = require('node:worker_threads');
if (isMainThread && process.env.SOAK_PROBE) {
  const fs = require('node:fs');
  require('node:v8').setFlagsFromString('--expose-gc');
  const collect = require('node:vm').runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const file = process.env.SOAK_PROBE + '/' + process.pid;
    fs.writeFileSync(file + '.tmp', String(heapUsed + external));
    fs.renameSync(file + '.tmp', file + '.json');
  });
}
`;

/** How long all processes may take to answer; milliseconds. */
const PATIENCE_MS = 60_000;

/** Measures the memory of a tree of processes that were started in its environment. */
export class MemoryProbe {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<MemoryProbe> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-probe-'));
    await writeFile(path.join(folder, 'probe.cjs'), PROBE);
    return new MemoryProbe(folder);
  }

  /** Of the process to be measured, and of all that it starts. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      SOAK_PROBE: this.folder,
      NODE_OPTIONS: `--require ${path.join(this.folder, 'probe.cjs')}`,
    };
  }

  /** Has every process collect its garbage first. @param root process id of the first of them */
  async live(root: number): Promise<LiveMemory> {
    const pids = await treeOf(root);
    const sizes = await Promise.all(pids.map((pid) => this.#ask(pid)));
    return { bytes: sizes.reduce((sum, each) => sum + each, 0), processes: pids.length };
  }

  /** @throws Error when the process does not answer */
  async #ask(pid: number): Promise<number> {
    // Whoever has just been started would be killed by the signal.
    if (!(await listens(pid))) return 0;
    const file = path.join(this.folder, `${pid}.json`);
    await rm(file, { force: true });
    process.kill(pid, 'SIGUSR2');
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      if (text !== undefined) return Number(text);
      // It has ended meanwhile, as a worker does whose run takes too long.
      if (!(await listens(pid))) return 0;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`process ${pid} does not say what it holds`);
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** Resident memory of a process and of all that it has started; bytes. */
export async function residentOf(root: number): Promise<number> {
  let bytes = 0;
  for (const pid of await treeOf(root)) {
    const found = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
    bytes += 1024 * Number(found?.[1] ?? 0);
  }
  return bytes;
}

/** Whether a process catches SIGUSR2, the twelfth signal. */
async function listens(pid: number): Promise<boolean> {
  const mask = /^SigCgt:\s*(\w+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & (1n << 11n)) !== 0n;
}

/** A process and all that it has started, by the parents that the system knows. */
async function treeOf(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    // The name of the program, in brackets, may hold anything.
    const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (parent === undefined || state === 'Z') continue;
    children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/**
 * How much more there is at the end than at the beginning, as a share: the median of the last quarter of the samples
 * against that of the first quarter.
 *
 * @param values in the order of time, without the warm-up
 */
export function growth(values: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  return median(values.slice(-quarter)) / median(values.slice(0, quarter)) - 1;
}
