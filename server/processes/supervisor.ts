import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import { BackOff } from '../lib/backoff.ts';
import { aggregateExpositions, countersOf } from '../metrics/aggregate.ts';
import { handOn } from './handed-connections.ts';
import type { FromServing, ToServing } from './messages.ts';

export interface SupervisorOptions {
  readonly processes: number;
  /** A process without a heartbeat for this long is killed and replaced; milliseconds. */
  readonly stallMs: number;
  /** Time after which the processes that are still draining are killed; milliseconds. */
  readonly drainMs: number;
  /** Added to the environment of the processes. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Metrics beside those of the processes, in Prometheus' text format. @default none */
  readonly metrics?: () => Promise<string>;
  /** Called once all processes answer. */
  readonly onUp: (url: string, grpc?: string) => void;
}

/**
 * Growth of V8's old generation between two full collections, in percent of what lives in it. A serving process holds
 * some 30 MB and a second's captures, and V8 would collect all of it whenever it grew by 8 MB: several times a second
 * under load, each some 60 ms in which everything waits. V8 keeps its own bound near the limit of the heap.
 */
const HEAP_GROWTH = '--heap-growing-percent=200';

/**
 * Node options of the child processes: those of this process, and what the heap may grow by. When there are as many
 * processes as cores, `--single-threaded-gc` is added: a pause of the garbage collector ends with its slowest helper
 * thread, and a helper without a core of its own would make the pause longer.
 *
 * @param own options of this process; one that already chooses the same is kept
 */
export function execArgvOf(own: readonly string[], processes: number, cores = availableParallelism()): string[] {
  const chosen = (flag: RegExp): boolean => own.some((text) => flag.test(text));
  const args = [...own];
  if (!chosen(/^--heap[-_]growing[-_]percent/)) args.push(HEAP_GROWTH);
  if (processes >= cores && !chosen(/^--(no-?)?single[-_]threaded/)) args.push('--single-threaded-gc');
  return args;
}

/**
 * How connections are distributed. Several processes get them round-robin, for an even load, which costs a turn of the
 * event loop for each connection. A single process accepts them itself.
 */
const schedulingOf = (processes: number): number => (processes === 1 ? cluster.SCHED_NONE : cluster.SCHED_RR);

/** How long processes may take to report their metrics; milliseconds. */
const METRICS_MS = 1_000;
const LOOK_MS = 250;
/** Factor of the heartbeat's timeout while a process starts. */
const STARTING = 10;

interface Place {
  readonly backOff: BackOff;
  worker: Worker | undefined;
  up: boolean;
  startedAt: number;
  lastBeat: number;
  /** Its last report of metrics; empty before the first. */
  metrics: string;
}

/**
 * Runs this command in several child processes on one port. A process that ends is replaced; one without a heartbeat is
 * killed and replaced. SIGTERM drains all of them; a second one kills them.
 */
export class Supervisor {
  readonly #places: Place[];
  readonly #gathering = new Map<number, (place: Place) => void>();
  /** Counters of the last reports of processes that have ended. */
  #departed = '';
  #gatherings = 0;
  /** The gathering that is under way. */
  #underWay: Promise<string> | undefined;
  #stopping = false;
  #announced = false;
  #status = 0;
  #end: (status: number) => void = () => undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.#places = Array.from({ length: options.processes }, () => ({
      backOff: new BackOff(),
      worker: undefined,
      up: false,
      startedAt: 0,
      lastBeat: 0,
      metrics: '',
    }));
  }

  /** Ids of the running processes. */
  get pids(): number[] {
    return this.#places.map(({ worker }) => worker?.process.pid).filter((pid) => pid !== undefined);
  }

  /** @returns the exit status after all have ended: 0 drained, 1 killed while draining, 2 they could not start */
  async run(): Promise<number> {
    const looking = setInterval(() => this.#look(), LOOK_MS);
    cluster.schedulingPolicy = schedulingOf(this.options.processes);
    cluster.setupPrimary({ execArgv: execArgvOf(process.execArgv, this.options.processes) });
    const ended = new Promise<number>((resolve) => {
      this.#end = resolve;
    });
    const stop = (): void => this.#stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
    for (const place of this.#places) this.#start(place);
    try {
      return await ended;
    } finally {
      clearInterval(looking);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    }
  }

  #start(place: Place): void {
    if (this.#stopping) return;
    const worker = cluster.fork(this.options.env);
    place.worker = worker;
    place.up = false;
    place.startedAt = performance.now();
    place.lastBeat = place.startedAt;
    handOn(worker, () => this.#places.find((each) => each.up && each.worker?.isConnected())?.worker);
    worker.on('message', (message: FromServing) => this.#heard(place, worker, message));
    worker.on('exit', (code, signal) => this.#ended(place, worker, code, signal));
  }

  #heard(place: Place, worker: Worker, message: FromServing): void {
    place.lastBeat = performance.now();
    if (message.kind === 'up') {
      place.up = true;
      this.#tellLost();
      if (this.#announced || !this.#places.every(({ up }) => up)) return;
      this.#announced = true;
      this.options.onUp(message.url, message.grpc);
    } else if (message.kind === 'want-metrics')
      void this.#allMetrics().then((text) => tell(worker, { kind: 'all-metrics', id: message.id, text }));
    else if (message.kind === 'metrics') {
      if (place.worker === worker) place.metrics = message.text;
      this.#gathering.get(message.id)?.(place);
    }
  }

  #ended(place: Place, worker: Worker, code: number | null, signal: string | null): void {
    if (place.worker !== worker) return;
    const wasUp = place.up;
    place.worker = undefined;
    place.up = false;
    if (place.metrics !== '') this.#departed = aggregateExpositions([this.#departed, countersOf(place.metrics)]);
    place.metrics = '';
    if (this.#stopping) {
      if (this.#places.every((each) => each.worker === undefined)) this.#end(this.#status);
      return;
    }
    // The first start failed, as when the port is taken or the home is missing: further attempts would fail as well.
    if (!wasUp && !this.#announced && code !== 0 && signal === null) {
      this.#status = 2;
      this.#stopping = true;
      for (const each of this.#places) each.worker?.process.kill('SIGKILL');
      if (this.#places.every((each) => each.worker === undefined)) this.#end(2);
      return;
    }
    this.options.log(`process ${worker.process.pid} ended (${signal ?? `status ${code}`}), another takes its place`);
    this.#tellLost();
    setTimeout(() => this.#start(place), place.backOff.next(performance.now() - place.startedAt));
  }

  #tellLost(): void {
    const lost = this.#announced ? this.#places.filter(({ up }) => !up).length : 0;
    for (const { worker } of this.#places) if (worker !== undefined) tell(worker, { kind: 'lost', processes: lost });
  }

  #look(): void {
    const now = performance.now();
    for (const { worker, lastBeat, up } of this.#places) {
      // Loading many models may take long.
      if (worker === undefined || now - lastBeat < this.options.stallMs * (up ? 1 : STARTING)) continue;
      this.options.log(`process ${worker.process.pid} has given no sign of life for ${this.options.stallMs / 1000} s`);
      worker.process.kill('SIGKILL');
    }
  }

  #stop(): void {
    const kill = (): void => {
      this.#status = 1;
      for (const { worker } of this.#places) worker?.process.kill('SIGKILL');
    };
    if (this.#stopping) {
      kill();
      return;
    }
    this.#stopping = true;
    for (const { worker } of this.#places) if (worker !== undefined) tell(worker, { kind: 'drain' });
    if (this.#places.every(({ worker }) => worker === undefined)) this.#end(0);
    setTimeout(kill, this.options.drainMs).unref();
  }

  /** Processes that want them at once, each for its own callers, wait for one gathering. */
  #allMetrics(): Promise<string> {
    this.#underWay ??= this.#gather().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /**
   * Merges the metrics of all processes. The last report stands for a process that does not answer in time, and the
   * counters of processes that have ended are kept: Prometheus takes a counter that decreases for one that was reset, and
   * would count all of its value again.
   */
  #gather(): Promise<string> {
    const gathering = ++this.#gatherings;
    const asked = new Set(this.#places.filter(({ worker }) => worker !== undefined));
    return new Promise((give) => {
      const done = async (): Promise<void> => {
        if (!this.#gathering.delete(gathering)) return;
        clearTimeout(timer);
        const own = await this.#ownMetrics();
        give(aggregateExpositions([...this.#places.map(({ metrics }) => metrics), this.#departed, own]));
      };
      const timer = setTimeout(() => void done(), METRICS_MS);
      this.#gathering.set(gathering, (place) => {
        asked.delete(place);
        if (asked.size === 0) void done();
      });
      for (const { worker } of asked) tell(worker!, { kind: 'tell-metrics', id: gathering });
    });
  }

  /** Metrics of the home; when they cannot be read, those of the processes are reported without them. */
  async #ownMetrics(): Promise<string> {
    try {
      return (await this.options.metrics?.()) ?? '';
    } catch (error) {
      this.options.log(`metrics of the home: ${error instanceof Error ? error.message : error}`);
      return '';
    }
  }
}

/** Sends a message, unless the process is about to end. */
const tell = (worker: Worker, message: ToServing): void => {
  if (worker.isConnected()) worker.send(message, () => undefined);
};
