import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PrivacyError } from '../privacy.ts';
import { accessIn, PRIVATE } from '../private-files.ts';
import { isAbsent, writeAtomically } from './atomic.ts';

/** File of a local home that holds the privacy secret. */
export const KEY_FILE = 'privacy.key';

/**
 * The privacy secret of a local home: TRIMTAB_PRIVACY_KEY, else the home's key file, which is made when it is first
 * wanted, for its owner only.
 *
 * @throws PrivacyError when others may read the file
 */
export async function localSecret(root: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.TRIMTAB_PRIVACY_KEY !== undefined) return env.TRIMTAB_PRIVACY_KEY;
  const file = path.join(root, KEY_FILE);
  const info = await stat(file).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (info === undefined)
    // Of several processes at once the first makes it; the others read what it made.
    await writeAtomically(
      root,
      file,
      (unfinished) => writeFile(unfinished, `${randomBytes(32).toString('base64url')}\n`, { mode: PRIVATE.file }),
      { ifAbsent: true },
    );
  else if ((info.mode & 0o777 & ~accessIn(root).file) !== 0 && process.platform !== 'win32')
    throw new PrivacyError(`${file} may be read by others (mode ${(info.mode & 0o777).toString(8)}): chmod 600 it`);
  return (await readFile(file, 'utf8')).trim();
}
