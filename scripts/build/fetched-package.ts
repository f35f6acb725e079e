import path from 'node:path';
import { fetchPackage, madeOnce, type PinnedPackage } from '../../platform/packages/pinned-package.ts';

/**
 * Where the files of a package are that developers' programs look into, below the cache of this checkout.
 *
 * @throws PackageUnavailable
 */
export function fetchedPackage(wanted: PinnedPackage, root = process.cwd()): string {
  const { name, version } = wanted;
  return madeOnce(path.join(root, '.cache', 'packages', `${name}-${version}`), (work) => {
    console.log(`fetching ${name} ${version} from npm, once …`);
    fetchPackage(wanted, work);
  });
}
