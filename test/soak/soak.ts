import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundledCommand, startServe } from '../fixtures/command.ts';
import { HttpClient } from '../fixtures/http-client.ts';
import { Random } from '../hostile/random.ts';
import { CALLER_HEADER, Disk, leftBroken, TROUBLE, TRUTH_MEGABYTES, truthsOfNothing } from './bookkeeping.ts';
import { GrpcCaller } from './grpc.ts';
import { type LiveMemory, MemoryProbe, residentOf } from './memory.ts';
import { makeHome } from './models.ts';
import { Releases } from './releases.ts';
import type { Task } from './task.ts';
import { tasksOf } from './tasks.ts';

export interface SoakOptions {
  readonly seconds: number;
  /** Errands begun a second, as far as the server keeps up. */
  readonly rate: number;
  /** Callers at once. */
  readonly callers: number;
  /** Seconds between two changes of a release. */
  readonly changeEvery: number;
  /** Seconds between two looks at resident memory. */
  readonly lookEvery: number;
  /** How often the garbage is collected to see what is left. */
  readonly collections: number;
  /** Told how it goes, now and then. */
  readonly log?: (line: string) => void;
}

export interface SoakResult {
  /** How often each task was run. */
  readonly runs: ReadonlyMap<string, number>;
  /** What was not as it should be: nothing may. */
  readonly faults: readonly string[];
  readonly faultCount: number;
  readonly changes: number;
  /** How often the disk could not be written to. */
  readonly broken: number;
  /** Resident memory of all processes of the server, in the order of time, from the end of the warm-up; bytes. */
  readonly resident: readonly number[];
  /** What was left after collecting the garbage; the first is from the end of the warm-up. */
  readonly live: readonly LiveMemory[];
  /** Exit status of the server, which is told to stop at the end. */
  readonly status: number | null;
  /** What the server said of itself but for its addresses, runs that were to be ended, and what it could not write. */
  readonly said: string;
}

const QUICK = ['--drain-delay', '0', '--refresh', '1', '--run-timeout', '2'];

/** What the server says of runs that it has to end. */
const ENDED = /^(a worker ended: SIGKILL|version 1 of endless: .*)\n/gm;

/** Share of the time in which caches fill, code is compiled and heaps find their size. */
const WARM_UP = 0.15;
const FAULTS_KEPT = 20;

/** Loads a real server with all that callers do, over sockets, and watches over its answers and its memory. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-soak-'));
  const probe = await MemoryProbe.open();
  try {
    const home = path.join(folder, 'home');
    const [launcher, models] = await Promise.all([bundledCommand(folder), makeHome(home, folder)]);
    const disk = new Disk(home);
    const args = ['--home', home, '--processes', '2', '--grpc-port', '0', '--default-model', 'pipeline'];
    args.push('--caller-header', CALLER_HEADER, '--truth-megabytes', TRUTH_MEGABYTES);
    const server = await startServe(launcher, [...args, ...QUICK, '--body-grace', '3'], probe.env);
    const client = new HttpClient(server.url);
    const grpc = new GrpcCaller(server.grpc!);
    const releases = await Releases.open(home);
    try {
      const tasks = tasksOf({ client, grpc, address: server.grpc!, models, disk });
      const load = new Load([...tasks, truthsOfNothing(client, disk)], options);
      const seen = { resident: [] as number[], live: [] as LiveMemory[] };
      await Promise.all([
        load.run(),
        changing(load, releases, options),
        breaking(load, disk, options),
        watching(load, server.child.pid!, probe, seen),
      ]);
      for (const fault of await leftBroken(server.url)) load.fault(fault);
      server.child.kill('SIGTERM');
      const status = await server.ended;
      return {
        ...seen,
        runs: load.runs,
        faults: load.faults,
        faultCount: load.faultCount,
        changes: releases.changes,
        broken: disk.times,
        status,
        said: server
          .output()
          .replace(/^serving .*\n/gm, '')
          .replace(ENDED, '')
          .replace(TROUBLE, ''),
      };
    } finally {
      server.child.kill('SIGKILL');
      await server.ended;
      client.close();
      grpc.close();
      await releases.close();
    }
  } finally {
    await probe.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Callers who run tasks, each begun at its time. */
class Load {
  readonly runs = new Map<string, number>();
  readonly faults: string[] = [];
  faultCount = 0;
  readonly #from = performance.now();
  readonly #total: number;
  #begun = 0;
  /** Errands that have not had a turn: what comes by chance only in a long run comes once in a short one. */
  readonly #first: Task[];

  constructor(
    private readonly tasks: readonly Task[],
    readonly options: SoakOptions,
  ) {
    this.#first = [...tasks];
    this.#total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** Seconds since it began. */
  get at(): number {
    return (performance.now() - this.#from) / 1_000;
  }

  get over(): boolean {
    return this.at >= this.options.seconds;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.callers }, (_, i) => this.#caller(new Random(i))));
  }

  fault(what: string): void {
    this.faultCount++;
    if (this.faults.length < FAULTS_KEPT) this.faults.push(`at ${this.at.toFixed(1)} s: ${what}`);
    this.options.log?.(what);
  }

  async #caller(random: Random): Promise<void> {
    while (!this.over || this.#first.length > 0) {
      await sleep(this.#begun++ / this.options.rate - this.at);
      const task = this.#first.pop() ?? this.#pick(random);
      await task.run(random).catch((error: Error) => this.fault(`${error.name}: ${error.message}`));
      this.runs.set(task.name, (this.runs.get(task.name) ?? 0) + 1);
    }
  }

  #pick(random: Random): Task {
    let at = random.next() * this.#total;
    for (const task of this.tasks) {
      at -= task.weight;
      if (at < 0) return task;
    }
    return this.tasks.at(-1)!;
  }
}

async function changing(load: Load, releases: Releases, { changeEvery }: SoakOptions): Promise<void> {
  for (let next = changeEvery; ; next += changeEvery) {
    await sleepUntil(load, next);
    if (load.over) return;
    await releases.next().catch((error: Error) => load.fault(`release: ${error.message}`));
  }
}

/** Seconds for which the disk takes no writes. */
const BROKEN_SECONDS = 0.5;

/** Breaks the disk now and then, and mends it. */
async function breaking(load: Load, disk: Disk, { changeEvery }: SoakOptions): Promise<void> {
  for (let next = 2 * changeEvery; ; next += Math.max(4 * changeEvery, 2 * BROKEN_SECONDS)) {
    await sleepUntil(load, next);
    if (load.over) return;
    disk.break();
    await sleep(BROKEN_SECONDS);
    disk.mend();
  }
}

async function watching(
  load: Load,
  root: number,
  probe: MemoryProbe,
  seen: { resident: number[]; live: LiveMemory[] },
): Promise<void> {
  const { seconds, lookEvery, collections, log } = load.options;
  const from = seconds * WARM_UP;
  let collectAt = from;
  for (let next = from; ; next += lookEvery) {
    await sleepUntil(load, next);
    if (load.over) break;
    if (load.at >= collectAt) {
      seen.live.push(await probe.live(root));
      collectAt += (seconds - from) / collections;
    }
    const resident = await residentOf(root);
    seen.resident.push(resident);
    log?.(
      `${load.at.toFixed(0)} s: ${[...load.runs.values()].reduce((sum, runs) => sum + runs, 0)} tasks, ${load.faultCount} faults, ` +
        `${(resident / 1e6).toFixed(1)} MB resident, ${((seen.live.at(-1)?.bytes ?? 0) / 1e6).toFixed(1)} MB live`,
    );
  }
  seen.live.push(await probe.live(root));
}

const sleep = (seconds: number): Promise<void> =>
  seconds <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** Until then, or until the load is over. */
const sleepUntil = (load: Load, at: number): Promise<void> => sleep(Math.min(at, load.options.seconds) - load.at);
