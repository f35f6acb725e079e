import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Interval } from '../lib/interval.ts';
import { watchFiles } from './file-watch.ts';

export interface TlsFileNames {
  /** PEM: the certificate, and those between it and its authority. */
  readonly cert: string;
  /** PEM: its key. */
  readonly key: string;
  /** PEM: authorities of client certificates. @default clients are not asked for a certificate */
  readonly clientCa?: string | undefined;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** Files of TLS cannot be used; the message names them. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/** Certificate, key and authorities from files, read again when they change. */
export class TlsFiles {
  readonly #listeners = new Set<(material: TlsMaterial) => void>();

  private constructor(
    readonly names: TlsFileNames,
    private readonly watch: Interval,
    private material: TlsMaterial,
  ) {}

  /**
   * Reads the files, and again when any of them changes. While what they hold does not go together, as between the two
   * writes of a renewal, that is logged and what was read before stays; they are tried again at every look.
   *
   * @param lookSeconds between two looks whether they have changed
   * @throws TlsFilesError when they cannot be read or do not go together
   */
  static async open(names: TlsFileNames, lookSeconds: number, log: (line: string) => void): Promise<TlsFiles> {
    const all = [names.cert, names.key, ...(names.clientCa === undefined ? [] : [names.clientCa])];
    const { first, watch } = await watchFiles(all, lookSeconds, {
      read: () => read(names),
      // The first look is after the interval, when `files` is there.
      changed: (material) => {
        files.material = material;
        for (const listener of files.#listeners) listener(material);
        log('tls: files have changed and are in use for new connections');
      },
      failed: (error) => log(`tls: the former certificate stays: ${error.message}`),
    });
    const files = new TlsFiles(names, watch, first);
    return files;
  }

  get current(): TlsMaterial {
    return this.material;
  }

  /** Whether clients are asked for a certificate. */
  get asksClients(): boolean {
    return this.names.clientCa !== undefined;
  }

  /** Calls a listener now, and after every change. */
  onChange(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    listener(this.material);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.watch.stop();
  }
}

/** Options of a secure context. Older than TLS 1.2 is nothing taken. */
export const secureContextOf = ({ cert, key, ca }: TlsMaterial): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
  ...(ca === undefined ? {} : { ca }),
});

async function read({ cert, key, clientCa }: TlsFileNames): Promise<TlsMaterial> {
  const [certBytes, keyBytes] = await Promise.all([bytesOf(cert), bytesOf(key)]);
  const ca = clientCa === undefined ? undefined : await bytesOf(clientCa);
  // Without a certificate in it nobody would be let in, and OpenSSL says nothing.
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new TlsFilesError(`${clientCa} has no certificate in PEM`);
  const material = { cert: certBytes, key: keyBytes, ca };
  try {
    createSecureContext(secureContextOf(material));
  } catch (error) {
    const files = [cert, key, ...(clientCa === undefined ? [] : [clientCa])].join(', ');
    throw new TlsFilesError(`${files} do not go together or are no PEM: ${(error as Error).message}`, { cause: error });
  }
  return material;
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new TlsFilesError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
