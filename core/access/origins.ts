/** Names by which programs on the same machine reach a server that listens on a loopback address. */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Whether an address is only reached from its own machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

export interface OriginRules {
  /** Address that is listened at. */
  readonly host: string;
  /** Further names by which the server may be called. */
  readonly hosts: readonly string[];
  /** Origins whose pages may send requests. */
  readonly origins: readonly string[];
  readonly scheme: 'http' | 'https';
}

/**
 * Checks by which name a server is called, and from which page. A page of a stranger in a browser can send requests to
 * whatever the browser's machine reaches: by the name of a host of its own that it lets point here (DNS rebinding, seen
 * by Host), or across origins (seen by Origin, which browsers add to every POST).
 *
 * @returns what is wrong, in words, or undefined
 */
export function originCheck({
  host,
  hosts,
  origins,
  scheme,
}: OriginRules): (called: string | undefined, origin: string | undefined) => string | undefined {
  const loopback = isLoopback(host);
  const own = host.includes(':') ? `[${host}]` : host;
  const allowed = new Set((loopback ? [...LOOPBACK_HOSTS, own, ...hosts] : hosts).map((name) => name.toLowerCase()));
  const from = new Set(origins.map((origin) => origin.toLowerCase()));
  // Nearly all requests call the server by the same name.
  let lastName: string | undefined;
  return (called = '', origin) => {
    if (origin === undefined && called === lastName) return undefined;
    const named = called.toLowerCase();
    // On another address nobody knows the names by which balancers and services call it, unless they are said.
    if (allowed.size > 0 && !allowed.has(named.replace(/:\d*$/, '')))
      return `the header host names another server than this: expected ${[...allowed].join(', ')} (--allowed-hosts adds names)`;
    if (origin === undefined) {
      lastName = called;
      return undefined;
    }
    const page = origin.toLowerCase();
    if (page === `${scheme}://${named}` || from.has(page)) return undefined;
    return 'requests of pages of another origin are not taken (--allowed-origins adds origins)';
  };
}
