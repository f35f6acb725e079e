import { FileSystem } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';

/**
 * The built code of a function. Its hash, which decides whether it is deployed again, leaves out V8's compiled code
 * (`*.cache`): that differs with every build, and cannot be built on every machine.
 */
export const functionCode = (folder: string): Code =>
  Code.fromAsset(folder, { assetHash: FileSystem.fingerprint(folder, { exclude: ['*.cache'] }) });
