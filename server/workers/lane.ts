import type { IsolationOptions } from '../../platform/onnx/worker/isolated-model.ts';
import { waitedTooLong } from '../batching/batcher.ts';
import { FairQueue } from './fair-queue.ts';
import type { PooledModel } from './pooled-model.ts';
import { type SlotOwner, WorkerSlot } from './worker-slot.ts';

export interface LaneOptions {
  readonly isolation: Omit<IsolationOptions, 'onEnd'>;
  /** Most worker processes. */
  readonly size: number;
  /** Longest wait for a worker; a longer one is refused; milliseconds. @default for ever */
  readonly maxWaitMs?: number;
  /** How long others wait behind one job before its worker is made the model's own; milliseconds. @default for ever */
  readonly overdueMs?: number;
  /** Called with a slot whose job is overdue while others wait: it has to leave the lane. */
  readonly onOverdue?: (slot: WorkerSlot, model: PooledModel) => void;
  /** After so long without a job a process is ended, where the lane can spare it; milliseconds. @default never */
  readonly idleMs?: number;
  /** How many are kept all the same. @default none */
  readonly keeps?: () => number;
  /** Called when a process ends by itself. */
  readonly onLost?: (what: string) => void;
}

/** What a worker does for a model in one go. */
export interface Job {
  readonly owner: PooledModel;
  /** When it was submitted; milliseconds of `performance.now()`. */
  readonly at: number;
  /** Does not reject. */
  readonly work: (slot: WorkerSlot) => Promise<void>;
  readonly refuse: (error: Error) => void;
}

/** Worker processes with one queue, in which models take turns. A process is started when it is needed. */
export class Lane implements SlotOwner {
  readonly slots: WorkerSlot[];
  readonly #queue = new FairQueue<Job>();
  /** What is to be done in one slot between two jobs. */
  readonly #chores = new Map<WorkerSlot, Job[]>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly options: LaneOptions) {
    this.slots = Array.from({ length: options.size }, () => new WorkerSlot(this, options.isolation));
  }

  submit(job: Job): void {
    if (this.#closed) {
      job.refuse(closed());
      return;
    }
    this.#queue.push(job);
    this.next();
  }

  /** Has something done in a slot, before anything else. */
  submitTo(slot: WorkerSlot, job: Job): void {
    if (this.#closed) {
      job.refuse(closed());
      return;
    }
    const chores = this.#chores.get(slot);
    if (chores === undefined) this.#chores.set(slot, [job]);
    else chores.push(job);
    this.next();
  }

  /** Removes and gives what waits of a model. */
  take(model: PooledModel): Job[] {
    return this.#queue.take(model);
  }

  /** Lets a slot go, with what it does; another takes its place. @returns what was still to be done in it */
  detach(slot: WorkerSlot): Job[] {
    const at = this.slots.indexOf(slot);
    if (at >= 0) this.slots[at] = new WorkerSlot(this, this.options.isolation);
    const chores = this.#chores.get(slot) ?? [];
    this.#chores.delete(slot);
    return chores;
  }

  /** Takes a slot over, with what it does. */
  adopt(slot: WorkerSlot): void {
    slot.lane = this;
    const unused = this.slots.findIndex(({ up, busy }) => !up && busy === undefined);
    if (unused >= 0) this.slots[unused] = slot;
    else this.slots.push(slot);
  }

  /** A slot's process has ended by itself. */
  lost(slot: WorkerSlot, how: string): void {
    if (this.#closed || !this.slots.includes(slot)) return;
    this.options.onLost?.(how);
    this.next();
  }

  /** Ends all processes; what waits is refused. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const left = [...this.#queue.takeBefore(Number.POSITIVE_INFINITY), ...[...this.#chores.values()].flat()];
    this.#chores.clear();
    for (const slot of this.slots) slot.end();
    for (const job of left) job.refuse(closed());
  }

  /** Begins what can be begun. */
  next(): void {
    if (this.#closed) return;
    this.#refuseOld();
    // Those first that need not be started.
    for (const slot of this.slots) if (slot.up) this.#begin(slot);
    for (const slot of this.slots) if (!slot.up && slot.rest === 0) this.#begin(slot);
    this.#relieve();
    this.#wake();
  }

  #begin(slot: WorkerSlot): void {
    if (slot.busy !== undefined) return;
    const job = this.#choreOf(slot) ?? this.#queue.shift();
    if (job !== undefined) void this.#perform(slot, job);
    else this.#endIdle(slot);
  }

  #choreOf(slot: WorkerSlot): Job | undefined {
    const chores = this.#chores.get(slot);
    const job = chores?.shift();
    if (chores?.length === 0) this.#chores.delete(slot);
    return job;
  }

  async #perform(slot: WorkerSlot, job: Job): Promise<void> {
    clearTimeout(slot.idleTimer);
    slot.idleTimer = undefined;
    const busy = { model: job.owner, since: Number.POSITIVE_INFINITY };
    slot.busy = busy;
    try {
      if (!slot.up) await slot.start();
      busy.since = performance.now();
      this.#wake();
      await job.work(slot);
    } catch {
      // The process has not started, which says nothing of the job: another slot, or a later start, has it.
      if (this.#closed) job.refuse(closed());
      else this.#queue.unshift(job);
    } finally {
      slot.busy = undefined;
      // It may have been detached meanwhile.
      slot.lane.next();
    }
  }

  /** Makes the worker of a job that others wait behind for too long its model's own. */
  #relieve(): void {
    const { overdueMs, onOverdue } = this.options;
    if (overdueMs === undefined || onOverdue === undefined || this.#queue.size === 0) return;
    const now = performance.now();
    for (const slot of [...this.slots]) {
      const { busy } = slot;
      if (busy === undefined || now - busy.since < overdueMs || !this.#queue.hasOthers(busy.model)) continue;
      onOverdue(slot, busy.model);
    }
  }

  #endIdle(slot: WorkerSlot): void {
    const { idleMs, keeps } = this.options;
    if (idleMs === undefined || !slot.up || slot.idleTimer !== undefined) return;
    slot.idleTimer = setTimeout(() => {
      slot.idleTimer = undefined;
      const up = this.slots.filter((each) => each.up).length;
      if (slot.busy === undefined && up > (keeps?.() ?? 0)) slot.end();
    }, idleMs);
    slot.idleTimer.unref();
  }

  #refuseOld(): void {
    const { maxWaitMs } = this.options;
    if (maxWaitMs === undefined || this.#queue.size === 0) return;
    for (const job of this.#queue.takeBefore(performance.now() - maxWaitMs)) job.refuse(waitedTooLong(maxWaitMs));
  }

  /** Looks again when the oldest has waited for too long, a job becomes overdue, or a slot has rested. */
  #wake(): void {
    clearTimeout(this.#timer);
    const { oldest } = this.#queue;
    if (this.#closed || (oldest === undefined && this.#chores.size === 0)) return;
    const { maxWaitMs, overdueMs } = this.options;
    const now = performance.now();
    const times: number[] = [];
    if (maxWaitMs !== undefined && oldest !== undefined) times.push(oldest + maxWaitMs);
    for (const { busy, rest, up } of this.slots) {
      if (busy !== undefined && overdueMs !== undefined) times.push(busy.since + overdueMs);
      if (busy === undefined && !up && rest > 0) times.push(now + rest);
    }
    const soonest = Math.min(...times.filter((at) => at > now));
    if (Number.isFinite(soonest)) this.#timer = setTimeout(() => this.next(), Math.max(1, Math.ceil(soonest - now)));
  }
}

const closed = (): Error => new Error('the workers have been closed');
