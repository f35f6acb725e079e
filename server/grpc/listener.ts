import { createSecureServer, createServer, type Http2Server, type ServerOptions } from 'node:http2';
import { secureContextOf, type TlsFiles } from '../access/tls-files.ts';

/** Makes a server of HTTP/2, over TLS where there are files for it, as `createListener` does for HTTP. */
export function createHttp2Listener(
  tls: TlsFiles | undefined,
  options: ServerOptions,
  handshakeMs: number,
): Http2Server {
  if (tls === undefined) return createServer(options);
  const server = createSecureServer({
    ...options,
    ...secureContextOf(tls.current),
    requestCert: tls.asksClients,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMs,
  });
  const stop = tls.onChange((material) => server.setSecureContext(secureContextOf(material)));
  server.on('close', stop);
  return server as unknown as Http2Server;
}
