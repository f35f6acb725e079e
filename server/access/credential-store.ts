import { createHash, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import {
  type CredentialEntry,
  type CredentialFile,
  CredentialsError,
  isCurrent,
  parseCredentials,
} from '../../core/access/credentials.ts';
import { type Identity, identityOf } from '../../core/access/identity.ts';
import { watchFiles } from './file-watch.ts';

interface Known {
  readonly entry: CredentialEntry;
  readonly identity: Identity;
  readonly digest: Buffer | undefined;
}

/** Whether the value of `--tokens` is the text of a file rather than the name of one: variables can hold it. */
const isText = (source: string): boolean => /^\s*\{/.test(source);

/** Longest token that is looked at; characters. */
const MAX_TOKEN = 4_096;

/**
 * Credentials by their digests and by names of certificates. A token has 256 random bits, so its SHA-256 gives nobody a
 * way to it; a slow hash such as scrypt is for passwords, which can be guessed, and would let anybody keep a processor
 * busy with wrong tokens.
 */
export class CredentialStore {
  #byDigest = new Map<string, Known>();
  #byCertificate = new Map<string, Known>();

  private constructor(file: CredentialFile) {
    this.#take(file);
  }

  /**
   * Reads credentials. A file is read again when it changes; when what it has become cannot be read, that is logged, what
   * was known before stays, and it is tried again at every look.
   *
   * @param source name of the file, or its text
   * @param lookSeconds between two looks whether it has changed
   * @throws CredentialsError when it cannot be read, others may read it, or it is invalid
   */
  static async open(
    source: string,
    lookSeconds: number,
    log: (line: string) => void,
  ): Promise<{ store: CredentialStore; close(): Promise<void> }> {
    if (isText(source)) {
      const store = new CredentialStore(parseCredentials(source, 'the text of --tokens'));
      return { store, close: async () => undefined };
    }
    const store = new CredentialStore({ tokens: [] });
    const { first, watch } = await watchFiles([source], lookSeconds, {
      read: () => readCredentials(source),
      changed: (file) => {
        store.#take(file);
        log(`tokens: ${source} has changed and was read again`);
      },
      failed: (error) => log(`tokens: the former ones stay: ${error.message}`),
    });
    store.#take(first);
    return { store, close: () => watch.stop() };
  }

  /** Who has a token. @param now milliseconds since 1970 */
  ofToken(token: string, now: number): Identity | undefined {
    if (token.length > MAX_TOKEN) return undefined;
    const digest = createHash('sha256').update(token).digest();
    const known = this.#byDigest.get(digest.toString('hex'));
    if (known?.digest === undefined || !timingSafeEqual(known.digest, digest)) return undefined;
    return isCurrent(known.entry, now) ? known.identity : undefined;
  }

  /** Who has a certificate with any of the names. @param now milliseconds since 1970 */
  ofCertificate(names: readonly string[], now: number): Identity | undefined {
    for (const name of names) {
      const known = this.#byCertificate.get(name);
      if (known !== undefined && isCurrent(known.entry, now)) return known.identity;
    }
    return undefined;
  }

  #take({ tokens }: CredentialFile): void {
    const [byDigest, byCertificate] = [new Map<string, Known>(), new Map<string, Known>()];
    for (const entry of tokens) {
      const hex = entry.hash?.slice('sha256:'.length);
      const known = {
        entry,
        identity: identityOf(entry),
        digest: hex === undefined ? undefined : Buffer.from(hex, 'hex'),
      };
      if (hex !== undefined) byDigest.set(hex, known);
      if (entry.certificate !== undefined) byCertificate.set(entry.certificate, known);
    }
    this.#byDigest = byDigest;
    this.#byCertificate = byCertificate;
  }
}

/**
 * Reads a file of credentials. Mode and content are those of one open file, so that nobody can change it in between.
 *
 * @throws CredentialsError when it cannot be read, others may read or write it, or it is invalid
 */
export async function readCredentials(file: string): Promise<CredentialFile> {
  let text: string;
  try {
    const handle = await open(file, 'r');
    try {
      assertPrivate(file, (await handle.stat()).mode);
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw new CredentialsError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
  return parseCredentials(text, file);
}

/** @throws CredentialsError when a file may be read or written by everybody */
function assertPrivate(file: string, mode: number): void {
  if ((mode & 0o006) === 0 || process.platform === 'win32') return;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new CredentialsError(`${file} may be read or written by everybody (mode ${octal}), expected 0600 or 0640`);
}
