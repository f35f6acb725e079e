import type { Settings } from '../settings.ts';
import { Access } from './access.ts';
import { CredentialStore } from './credential-store.ts';
import { TlsFiles } from './tls-files.ts';

/** Who may do what on a server, and the certificate that it has. */
export interface OpenedAccess {
  readonly access: Access;
  readonly tls: TlsFiles | undefined;
  close(): Promise<void>;
}

/** Seconds between two looks at files that may change. */
const LOOK_SECONDS = 1;

/**
 * Reads the files that settings name.
 *
 * @throws CredentialsError or TlsFilesError when one cannot be used
 */
export async function openAccess(
  settings: Pick<
    Settings,
    'host' | 'tokens' | 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'allowedHosts' | 'allowedOrigins'
  >,
  log: (line: string) => void,
  lookSeconds = LOOK_SECONDS,
): Promise<OpenedAccess> {
  const { host, tokens, tlsCert: cert, tlsKey: key, tlsClientCa: clientCa } = settings;
  const tls =
    cert === undefined || key === undefined
      ? undefined
      : await TlsFiles.open({ cert, key, clientCa }, lookSeconds, log);
  let credentials: Awaited<ReturnType<typeof CredentialStore.open>> | undefined;
  try {
    credentials = tokens === undefined ? undefined : await CredentialStore.open(tokens, lookSeconds, log);
  } catch (error) {
    await tls?.close();
    throw error;
  }
  const access = new Access({
    origins: {
      host,
      hosts: settings.allowedHosts,
      origins: settings.allowedOrigins,
      scheme: tls === undefined ? 'http' : 'https',
    },
    credentials: credentials?.store,
    certificates: tls?.asksClients === true,
    now: Date.now,
  });
  return {
    access,
    tls,
    close: async () => {
      await Promise.all([credentials?.close(), tls?.close()]);
    },
  };
}
