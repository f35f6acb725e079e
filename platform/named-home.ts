import { DEFAULT_HOME } from './home.ts';
import { parseHomeName } from './home-name.ts';
import type { Home } from './ports.ts';
import { sweepTemporaryFolders } from './temporary-folder.ts';

/**
 * Opens a home by the name that the command line has for it: `aws` (tables and buckets from the environment), `aws:prod`
 * (from the outputs of that environment's stack), `aws:outputs.json` (from a file of them), each with `@profile` of the
 * AWS configuration behind it; or a folder, with or without `local:` in front.
 *
 * @throws PlatformError when it names no home, or one that is not there
 */
export async function openNamedHome(name: string = process.env.TRIMTAB_HOME ?? DEFAULT_HOME): Promise<Home> {
  const named = parseHomeName(name);
  if (named.kind === 'local') {
    const { openLocalHome } = await import('./local/home.ts');
    return openLocalHome(named.folder);
  }
  const [{ openAwsHome }, { environmentOfHome }] = await Promise.all([
    import('./aws/home.ts'),
    import('./aws/outputs.ts'),
  ]);
  await sweepTemporaryFolders();
  return openAwsHome(await environmentOfHome(process.env, named), named.profile);
}
