import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateNative, NativeLibraryUnavailable, type NativePlaces } from './native-library.ts';
import { NATIVE_LIBRARIES } from './native-packages.ts';

/**
 * Loads a module of a library that holds native code, in the package, which does not contain it. The bundles of the
 * package call it in the place of each import of such a library (scripts/build/native-libraries-plugin.ts).
 *
 * @param specifier such as `onnxruntime-node/dist/binding.js`
 * @throws NativeLibraryUnavailable
 */
export const requireNative = (specifier: string): unknown => {
  const library = NATIVE_LIBRARIES.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`))!;
  const load = (check: 'changed' | 'all'): unknown =>
    createRequire(locateNative(library, { ...ownPlaces(), check }))(specifier);
  try {
    return load('changed');
  } catch (error) {
    if (error instanceof NativeLibraryUnavailable) throw error;
    // Its copy may be damaged without a trace: then it is fetched again.
    return load('all');
  }
};

const ownPlaces = (): NativePlaces => ({
  beside: fileURLToPath(import.meta.url),
  cache: path.join(cacheFolder(), 'trimtab', 'packages'),
  announce: (message) => process.stderr.write(`trimtab: ${message} …\n`),
});

/** Where programs of this person keep what can be fetched again. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME !== undefined && path.isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32' && LOCALAPPDATA !== undefined && existsSync(LOCALAPPDATA)) return LOCALAPPDATA;
  return path.join(os.homedir(), '.cache');
}
