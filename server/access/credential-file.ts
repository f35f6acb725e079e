import { createHash, randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { type CredentialEntry, CredentialsError, parseCredentials } from '../../core/access/credentials.ts';
import { readCredentials } from './credential-store.ts';

/** Random bytes of a token: 256 bits, which nobody guesses. */
const TOKEN_BYTES = 32;

/** A new token and its hash. The beginning tells scanners of secrets, and people, what it is. */
export function newToken(): { readonly token: string; readonly hash: string } {
  const token = `trimtab_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, hash: `sha256:${createHash('sha256').update(token).digest('hex')}` };
}

/**
 * Adds an entry to a file of credentials, which is made with the mode 0600 where there is none. It is written beside and
 * renamed, so that a server that reads it sees the former file or the new one.
 *
 * @throws CredentialsError when the file cannot be used, has such an entry already, or is being written by another
 */
export async function addCredential(file: string, entry: CredentialEntry): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => undefined,
  );
  const before = mode === undefined ? { tokens: [] } : await readCredentials(target);
  const text = `${JSON.stringify({ tokens: [...before.tokens, entry] }, null, 2)}\n`;
  parseCredentials(text, file);
  const beside = `${target}.new`;
  let ours = false;
  try {
    // Whoever else is at it has this file already.
    const handle = await open(beside, 'wx', mode ?? 0o600);
    ours = true;
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, target);
  } catch (error) {
    if (ours) await rm(beside, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'another writes it, or was ended while it did: remove it then' : code;
    throw new CredentialsError(`${ours ? file : beside} cannot be written: ${why}`, { cause: error });
  }
}
