import { ModelLostError } from '../../platform/onnx/errors.ts';
import type { Job } from './lane.ts';
import type { PooledModel } from './pooled-model.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** What is done in a worker. */
export type Task<T> = (slot: WorkerSlot) => Promise<T>;
/** Told of a worker that has ended with what it did for a model, before anything else is begun. */
export type OnLost = (error: ModelLostError, lostMs: number) => void;

interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly refuse: (error: unknown) => void;
  readonly onLost?: OnLost | undefined;
}

/** Something that is done for a model, at the cost of that model. */
export function jobOf<T>(owner: PooledModel, task: Task<T>, { resolve, refuse, onLost }: Settling<T>): Job {
  const work = async (slot: WorkerSlot): Promise<void> => {
    const from = performance.now();
    try {
      resolve(await task(slot));
    } catch (error) {
      if (error instanceof ModelLostError) onLost?.(error, performance.now() - from);
      refuse(error);
    } finally {
      owner.workerMs += performance.now() - from;
    }
  };
  return { owner, at: performance.now(), work, refuse };
}
