import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { areIntact, listFiles } from './kept-files.ts';
import type { NativeLibrary } from './native-packages.ts';
import { fetchPackage, madeOnce, PackageUnavailable, type PinnedPackage } from './pinned-package.ts';

/** A library with native code is neither installed nor to be fetched. */
export class NativeLibraryUnavailable extends Error {
  override readonly name = 'NativeLibraryUnavailable';
}

/** Where libraries are looked for, and told of. */
export interface NativePlaces {
  /** A file of the package: what is installed where Node looks from there is taken. */
  readonly beside: string;
  /** Folder that what is fetched is kept in. */
  readonly cache: string;
  /** Told once of what is fetched. */
  readonly announce: (message: string) => void;
  /** How what was fetched before is looked at: `all` of it once it could not be loaded. @default what was changed */
  readonly check?: 'changed' | 'all';
}

/**
 * A file that Node finds a library from: it is taken where it is installed in exactly the version that was tested, else
 * fetched once by npm, whose digests are checked and whose scripts do not run, and of which only the files for this
 * machine are kept.
 *
 * @throws NativeLibraryUnavailable
 */
export function locateNative(library: NativeLibrary, { beside, cache, announce, check }: NativePlaces): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!library.platforms.includes(platform))
    throw new NativeLibraryUnavailable(
      `this command needs ${library.name}, which is not built for ${platform}, only for ${library.platforms.join(', ')}`,
    );
  const packages = library.packages(platform);
  const [first] = packages;
  const found = packages.map((_, i) => installedVersion(beside, packages.slice(0, i + 1)));
  const wrong = packages.findIndex(({ version }, i) => found[i] !== version);
  if (wrong < 0) return beside;
  const why = `which ${library.purpose} and is not installed beside trimtab (${state(packages[wrong]!, found[wrong])})`;
  const folder = path.join(cache, `${first!.name.replace('/', '+')}-${first!.version}-${platform}`);
  try {
    if (existsSync(folder) && !areIntact(folder, check)) {
      announce(`what was fetched of ${first!.name} is damaged, it is fetched again`);
      rmSync(folder, { recursive: true, force: true });
    }
    madeOnce(folder, (work) => {
      announce(
        `fetching ${first!.name} ${first!.version} by npm, ${why}; its files for ${platform} are kept in ${folder}`,
      );
      for (const each of packages) fetchPackage(each, path.join(work, 'node_modules', each.name));
      listFiles(work);
    });
  } catch (error) {
    const cause =
      error instanceof PackageUnavailable ? error.message : `it cannot be kept: ${(error as Error).message}`;
    throw new NativeLibraryUnavailable(
      `this command needs ${first!.name} ${first!.version}, ${why}; ${cause}\nrun it again where that can be fetched, or install it: ${installing(beside, first!)}`,
      { cause: error },
    );
  }
  return path.join(folder, 'node_modules', 'trimtab.cjs');
}

const state = ({ name }: PinnedPackage, found: string | undefined): string =>
  found === undefined ? `${name} is not there` : `${name} is ${found}`;

/** The command that puts a package where Node finds it from a file below node_modules. */
function installing(beside: string, { name, version }: PinnedPackage): string {
  const parts = beside.split(path.sep);
  const at = parts.lastIndexOf('node_modules');
  const folder = at < 0 ? path.dirname(beside) : parts.slice(0, at).join(path.sep);
  return `npm install --no-save --ignore-scripts --prefix ${JSON.stringify(folder)} ${name}@${version}`;
}

/** Version of the last of a chain of packages, each looked for from the one before it; undefined where it is missing. */
function installedVersion(beside: string, chain: readonly PinnedPackage[]): string | undefined {
  let file: string | undefined = beside;
  for (const { name } of chain) file = file === undefined ? undefined : packageFile(file, name);
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The package.json of a package, which not all of them export. Links are followed, as Node does. */
function packageFile(from: string, name: string): string | undefined {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  const found = folders.map((folder) => path.join(folder, name, 'package.json')).find((file) => existsSync(file));
  return found === undefined ? undefined : realpathSync(found);
}
