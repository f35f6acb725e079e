import type { TestProject } from 'vitest/node';
import { bundle } from '../fixtures/bundled.ts';

/** Bundles the worker process into the folder of the run, as the package has it ({@link ./worker-entry.ts}). */
export async function setup(project: TestProject): Promise<void> {
  await bundle(project.getProvidedContext().runFolder, 'worker', 'platform/onnx/worker/entry.ts');
}
