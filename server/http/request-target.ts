import type { IncomingMessage } from 'node:http';
import { ProtocolError } from '../../core/protocols/protocol.ts';

/** `http://host/path` as proxies are asked, and as every server has to answer (RFC 9112, 3.2.2). */
const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/i;
/** host[:port], where the host is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, 3.2.2). */
const AUTHORITY = /^(?:\[[0-9a-fA-F:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9a-fA-F]{2})*)(?::\d{0,5})?$/;

/** Host of the last request that was well-formed: nearly all have the same. */
let lastHost = '';

/**
 * Puts the target of a request into the form of a path. Where it is absolute, its host takes the place of the header's.
 *
 * @returns the path with its query
 */
export function targetOf(incoming: IncomingMessage): string {
  const url = incoming.url ?? '/';
  if (url.charCodeAt(0) === SLASH) return url;
  const [, , authority, rest] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined || rest === undefined) return url;
  incoming.headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const SLASH = '/'.charCodeAt(0);

/** What is wrong with the target and the host of a request; undefined when nothing is. */
export function faultOfTarget({
  url = '/',
  rawHeaders,
  headers,
  httpVersion,
}: IncomingMessage): ProtocolError | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) return new ProtocolError(400, `there are ${hosts} headers host, there must be one`);
  const { host } = headers;
  if (hosts === 0 && httpVersion === '1.1') return new ProtocolError(400, 'the header host is missing');
  if (host !== undefined && host !== lastHost) {
    if (!AUTHORITY.test(host))
      return new ProtocolError(400, `'${host.slice(0, 64)}' is no host, expected a name or an address and a port`);
    lastHost = host;
  }
  if (url.charCodeAt(0) === SLASH || url === '*') return undefined;
  const [, , authority] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined || authority === '')
    return new ProtocolError(
      400,
      `'${url.slice(0, 64)}' is no target of a request, expected a path or a URL of http or https`,
    );
  return undefined;
}
