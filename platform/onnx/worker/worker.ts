import { endWithChannel, exitWithParent } from '../../exit-with-parent.ts';
import { loadModel, type OnnxModel } from '../model.ts';
import { workerErrorOf } from './error-transfer.ts';
import type { WorkerModel, WorkerRequest, WorkerResponse } from './messages.ts';

/**
 * Main loop of a worker process. It only runs models, so that a run which blocks, crashes in native code or has to be
 * killed affects nobody but its own callers.
 */
export function serveRuns(): void {
  const models = new Map<number, OnnxModel>();
  exitWithParent();
  // The server stops its workers itself; a terminal's Ctrl-C is sent to them as well, and must not.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  endWithChannel(0);
  // One after the other: responses carry no id, they come in the order of the requests.
  let last: Promise<unknown> = Promise.resolve();
  process.on('message', (order: WorkerRequest) => {
    last = last.then(async () => process.send!(await answer(models, order)));
  });
  process.send!({ ready: true });
}

async function answer(models: Map<number, OnnxModel>, order: WorkerRequest): Promise<WorkerResponse> {
  try {
    switch (order.kind) {
      case 'load': {
        const before = process.cpuUsage();
        const { signature } = await loaded(models, order.model);
        const { user, system } = process.cpuUsage(before);
        return { signature, cpuMs: (user + system) / 1_000 };
      }
      case 'run': {
        // A worker that replaced another may not have loaded it yet.
        const model = await loaded(models, order.model);
        const from = performance.now();
        const outputs = await model.run(order.feeds, order.outputs);
        return { outputs, ms: performance.now() - from };
      }
      case 'release':
        await models.get(order.key)?.release();
        models.delete(order.key);
        return { released: true };
    }
  } catch (error) {
    return { fault: workerErrorOf(error) };
  }
}

async function loaded(models: Map<number, OnnxModel>, { key, path, digest, threads }: WorkerModel): Promise<OnnxModel> {
  let model = models.get(key);
  if (model === undefined) {
    model = await loadModel(path, threads === undefined ? { digest } : { digest, threads });
    models.set(key, model);
  }
  return model;
}
