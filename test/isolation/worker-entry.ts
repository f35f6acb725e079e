import path from 'node:path';
import { inject } from 'vitest';
import type { WorkerEntry } from '../../platform/onnx/worker/worker-process.ts';

/** In tests, for `platform/onnx/worker/worker-entry.ts`: the bundle that was made for the run. */
export const workerEntry = (): WorkerEntry => ({ file: path.join(inject('runFolder'), 'worker.cjs') });
