import {
  type IsolatedModel,
  IsolatedProcess,
  type IsolationOptions,
} from '../../platform/onnx/worker/isolated-model.ts';
import { BackOff } from '../lib/backoff.ts';
import type { PooledModel } from './pooled-model.ts';

/** Starts that fail, or end at once, so often in a row are no accident. */
const AILING = 3;

/** What is told of a slot. */
export interface SlotOwner {
  /** A job in one of its slots has ended. */
  next(): void;
  /** The process of a slot has ended by itself. */
  lost(slot: WorkerSlot, how: string): void;
}

/** A place for one worker process, which is started when it is needed, and started anew when it has ended. */
export class WorkerSlot {
  /** What it does now, and since when; undefined while it is idle. */
  busy: { readonly model: PooledModel; since: number } | undefined;
  idleTimer: NodeJS.Timeout | undefined;
  readonly #backOff = new BackOff();
  readonly #loaded = new Map<PooledModel, IsolatedModel>();
  #process: IsolatedProcess | undefined;
  #startedAt = 0;
  #restUntil = 0;
  #failures = 0;
  #up = false;

  constructor(
    /** Whose jobs it does. */
    public lane: SlotOwner,
    private readonly isolation: Omit<IsolationOptions, 'onEnd'>,
  ) {}

  /** Whether its process has started. */
  get up(): boolean {
    return this.#up;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether its processes end as soon as they are started. */
  get ailing(): boolean {
    return !this.#up && this.#failures >= AILING;
  }

  /** Milliseconds until a process may be started in it again. */
  get rest(): number {
    return Math.max(0, this.#restUntil - performance.now());
  }

  holds(model: PooledModel): boolean {
    return this.#loaded.has(model);
  }

  /** Starts the process, unless it runs. @throws WorkerLostError, WorkerNotStartedError */
  async start(): Promise<void> {
    if (this.#process === undefined) {
      this.#startedAt = performance.now();
      const process = new IsolatedProcess({
        ...this.isolation,
        onEnd: (how) => {
          if (this.#process === process) this.#lost(how);
        },
      });
      this.#process = process;
    }
    const process = this.#process;
    try {
      await process.ready();
    } catch (error) {
      this.#lost('it has not started');
      throw error;
    }
    if (this.#process !== process) return;
    this.#up = true;
    this.#failures = 0;
  }

  /** The model in the process of this slot, loaded unless it is. @throws what a load throws */
  async model(model: PooledModel): Promise<IsolatedModel> {
    let loaded = this.#loaded.get(model);
    if (loaded === undefined) {
      const { path, digest, threads } = model.source;
      loaded = await this.#process!.load(path, { digest, threads });
      this.#loaded.set(model, loaded);
    }
    return loaded;
  }

  async release(model: PooledModel): Promise<void> {
    const loaded = this.#loaded.get(model);
    this.#loaded.delete(model);
    await loaded?.release();
  }

  /** Ends the process, whatever it is doing. */
  end(): void {
    clearTimeout(this.idleTimer);
    const process = this.#process;
    this.#forget();
    process?.end();
  }

  #lost(how: string): void {
    const process = this.#process;
    if (process === undefined) return;
    const lived = performance.now() - this.#startedAt;
    const rest = this.#backOff.next(lived);
    this.#failures++;
    this.#restUntil = performance.now() + rest;
    this.#forget();
    process.end();
    this.lane.lost(this, how);
  }

  #forget(): void {
    this.#process = undefined;
    this.#up = false;
    this.#loaded.clear();
  }
}
