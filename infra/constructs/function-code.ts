import { FileSystem } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';

/**
 * The built code of a function. What decides whether it is deployed anew is the bundle: compiled code beside it, which
 * no two builds write alike and some machines cannot write, goes along and decides nothing.
 */
export const functionCode = (folder: string): Code =>
  Code.fromAsset(folder, { assetHash: FileSystem.fingerprint(folder, { exclude: ['*.cache'] }) });
