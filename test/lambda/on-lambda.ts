import { describe } from 'vitest';
import { PackageUnavailable } from '../../platform/packages/pinned-package.ts';
import { canRunLambdaNode, lambdaNode } from '../../scripts/build/lambda-runtime.ts';
import { interfaceClient } from './runtime.ts';
import { canIsolate } from './sandbox.ts';

/** What keeps functions from being run as Lambda runs them, for people; undefined when nothing does. */
function obstacle(): string | undefined {
  if (!canRunLambdaNode) return `Lambda's Node is for linux-x64, this is ${process.platform}-${process.arch}`;
  try {
    lambdaNode();
    interfaceClient();
    return undefined;
  } catch (error) {
    // A pipeline that cannot run them has to be mended; somebody on a train has not.
    if (!(error instanceof PackageUnavailable) || process.env.CI) throw error;
    return error.message;
  }
}

/** A suite that runs functions as Lambda does. Where that cannot be, or not wholly, the output says so. */
export function describeOnLambda(name: string, suite: () => void): void {
  const why = obstacle();
  if (why !== undefined) console.log(`skipped: ${name}: ${why}`);
  else if (!canIsolate)
    console.log(
      `${name}: no root or no namespaces here, so the file system is not read-only and memory is not limited`,
    );
  describe.runIf(why === undefined)(name, suite);
}
