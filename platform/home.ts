import { PlatformError } from './errors.ts';
import type { Home } from './ports.ts';
import { sweepTemporaryFolders } from './temporary-folder.ts';

/** Folder of the local home when nothing is said. */
export const DEFAULT_HOME = '.trimtab';

/**
 * Opens the home of a function: `aws` (tables and buckets from the environment, see platform/aws/environment.ts), or a
 * folder, with or without `local:` in front. Without a name, TRIMTAB_HOME counts, then `.trimtab`. The command line's
 * further names are those of platform/named-home.ts, whose client is not part of a function.
 *
 * Each home is imported only when it is asked for: a function on AWS never loads the local one, nor a laptop the SDK.
 */
export async function openHome(name: string = process.env.TRIMTAB_HOME ?? DEFAULT_HOME): Promise<Home> {
  if (name === '') throw new PlatformError("a home is 'aws' or a folder, received an empty string");
  if (name === 'aws') {
    const { openAwsHome } = await import('./aws/home.ts');
    await sweepTemporaryFolders();
    return openAwsHome(process.env);
  }
  const { openLocalHome } = await import('./local/home.ts');
  return openLocalHome(name.replace(/^local:/, ''));
}
