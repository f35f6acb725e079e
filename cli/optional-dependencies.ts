import { createRequire } from 'node:module';
import type { ExaminedModel } from '../platform/onnx/examine.ts';

/**
 * Libraries with native code are loaded when a command wants them: asking what is released must not wait for them,
 * nor want them installed.
 */
export async function withOptionalExamined<T>(
  modelFile: string,
  use: (model: ExaminedModel) => Promise<T>,
): Promise<T> {
  const { withExamined: examine } = await import('../platform/onnx/examine.ts');
  return examine(modelFile, use);
}

/**
 * How to get a library that an error says is not installed; undefined for other errors. They are optional peers of the
 * package: whoever only deploys wants neither, and the install script of one downloads CUDA libraries.
 */
export function missingLibrary(error: Error): string | undefined {
  const name = /^Cannot find (?:module|package) '(onnxruntime-node|@duckdb\/node-api)'/.exec(error.message)?.[1];
  if (name === undefined) return undefined;
  const { peerDependencies } = createRequire(import.meta.url)('trimtab/package.json') as {
    peerDependencies: Record<string, string>;
  };
  return `this command needs ${name}, which is not installed: npm install --ignore-scripts ${name}@${peerDependencies[name]}`;
}
