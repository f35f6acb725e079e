import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { secureContextOf, type TlsFiles } from './tls-files.ts';

/**
 * Makes a server of HTTP, or of HTTPS where there are files for it; their changes are taken over for new connections.
 * Clients are asked for a certificate where there are authorities for them, and let in without one: probes have none, and
 * who needs one is told in words.
 */
export function createListener(
  tls: TlsFiles | undefined,
  options: ServerOptions & { readonly headersTimeout: number },
  answer: RequestListener,
): Server {
  if (tls === undefined) return createServer(options, answer);
  const server: SecureServer = createSecureServer(
    {
      ...options,
      ...secureContextOf(tls.current),
      requestCert: tls.asksClients,
      rejectUnauthorized: false,
      handshakeTimeout: options.headersTimeout,
    },
    answer,
  );
  const stop = tls.onChange((material) => server.setSecureContext(secureContextOf(material)));
  server.on('close', stop);
  return server;
}
