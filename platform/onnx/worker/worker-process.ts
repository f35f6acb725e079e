import { type ChildProcess, fork } from 'node:child_process';
import { errorOf } from './error-transfer.ts';
import type { WorkerRequest, WorkerResponse } from './messages.ts';

/** File and arguments of a process that calls `serveRuns`. */
export interface WorkerEntry {
  readonly file: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
}

/** A worker ended before it responded: it was killed, or crashed in native code. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError';
  constructor(how: string) {
    super(`the worker ended (${how}) in the middle of a run`);
  }
}

interface Waiting {
  readonly resolve: (reply: Exclude<WorkerResponse, { fault: unknown }>) => void;
  readonly reject: (error: Error) => void;
}

/** A worker process, seen from the pool. */
export class WorkerProcess {
  /** Resolves when the worker takes requests. @throws WorkerLostError when it ends before */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  #ended: string | undefined;

  constructor(entry: WorkerEntry, onEnd: (how: string) => void) {
    this.#child = fork(entry.file, [...(entry.args ?? [])], {
      execArgv: [...(entry.execArgv ?? [])],
      // Tensors go as the typed arrays that they are.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let started: () => void;
    let failed: (error: Error) => void;
    this.ready = new Promise((resolve, reject) => {
      started = resolve;
      failed = reject;
    });
    this.ready.catch(() => undefined);
    this.#child.on('message', (message: WorkerResponse | { ready: true }) => {
      if ('ready' in message) return started();
      const waiting = this.#waiting.shift()!;
      if ('fault' in message) waiting.reject(errorOf(message.fault));
      else waiting.resolve(message);
    });
    const end = (how: string): void => {
      if (this.#ended !== undefined) return;
      this.#ended = how;
      failed(new WorkerLostError(how));
      for (const waiting of this.#waiting.splice(0)) waiting.reject(new WorkerLostError(how));
      onEnd(how);
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code, signal) => end(signal ?? `status ${code}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a request. @returns the response @throws the worker's error, or WorkerLostError */
  ask(order: WorkerRequest): Promise<Exclude<WorkerResponse, { fault: unknown }>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new WorkerLostError(this.#ended));
      this.#waiting.push({ resolve, reject });
      // A failure to send means that the worker ended, which its exit event reports.
      this.#child.send(order, () => undefined);
    });
  }

  /** Kills the worker: native code can be stopped in no other way. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
