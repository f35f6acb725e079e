import { ResourceExhaustedError } from './errors.ts';

/**
 * Does work for which there is a limited time: when that is over, it is told to stop, and whatever comes of it is no result.
 *
 * @throws ResourceExhaustedError when it took longer
 */
export async function withinTime<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, timer } = ending(ms);
  try {
    const done = await work(signal);
    signal.throwIfAborted();
    return done;
  } catch (error) {
    // What is stopped fails in a way of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function ending(ms: number): { readonly signal: AbortSignal; readonly timer: NodeJS.Timeout } {
  const controller = new AbortController();
  const over = (): void =>
    controller.abort(new ResourceExhaustedError('time', new Error('the file was not judged when it was over')));
  return { signal: controller.signal, timer: setTimeout(over, Math.max(0, ms)) };
}
