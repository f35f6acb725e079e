/**
 * The identity that a network address stands for: the address itself, and for IPv6 the network of 64 bits that it is
 * from, because whoever has one such address usually has them all. IPv4 in IPv6's clothes is IPv4, and all spellings of
 * an address (RFC 4291, 2.2) are one.
 */
export function callerOfAddress(address: string): string {
  const plain = address.split('%')[0]!.toLowerCase();
  const groups = groupsOf(plain);
  if (groups === undefined) return plain;
  const [first, second, third, fourth, fifth, sixth = 0, high = 0, low = 0] = groups;
  const mapped =
    [first, second, third, fourth, fifth].every((group) => group === 0) &&
    (sixth === 0xffff || (sixth === 0 && high > 0));
  if (mapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address, whichever way it is written; undefined for all else. */
function groupsOf(text: string): number[] | undefined {
  if (!text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right = []] = halves.map(numbersOf);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

/** Groups between colons, the last of which may be an IPv4 address. */
function numbersOf(part: string): number[] | undefined {
  if (part === '') return [];
  const numbers: number[] = [];
  for (const [i, group] of part.split(':').entries()) {
    const dotted = IPV4.exec(group);
    if (dotted !== null && i === part.split(':').length - 1) {
      const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
      numbers.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/.test(group)) numbers.push(Number.parseInt(group, 16));
    else return undefined;
  }
  return numbers;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * An entry of a list of addresses without what some proxies write around one: the port, as in `203.0.113.7:52110` and
 * `[2001:db8::5]:52110`, brackets, quotes.
 */
export function plainEntry(entry: string): string {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  return (
    /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ??
    /^\[([0-9a-fA-F:.]+(?:%[^\]]*)?)\](?::\d{1,5})?$/.exec(text)?.[1] ??
    text
  );
}

/** What the header Forwarded (RFC 7239) says in its parameters `for`, in the form of X-Forwarded-For. */
export const forwardedFor = (value: string): string =>
  value
    .split(',')
    .map((element) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)/i.exec(element)?.[1] ?? '')
    .join(',');

/**
 * The identity in a header that a trusted proxy writes. Of a list, as in X-Forwarded-For, it is the last entry: that is
 * the one which the proxy itself added, those before it are whatever the caller sent.
 */
export function callerOfHeader(value: string | undefined): string | undefined {
  const last = lastOf(value);
  if (last === undefined) return undefined;
  return ADDRESS.test(last) ? callerOfAddress(last) : last;
}

/** Who a trusted proxy says has authenticated: what is in its header, unless that is an address, which proves nothing. */
export function principalOfHeader(value: string | undefined): string | undefined {
  const last = lastOf(value);
  return last === undefined || ADDRESS.test(last) ? undefined : last;
}

/** IPv4, or IPv6 with its zone. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F.]*:[0-9a-fA-F.:]*(%.*)?)$/;

function lastOf(value: string | undefined): string | undefined {
  const last = value === undefined ? '' : plainEntry(value.slice(value.lastIndexOf(',') + 1)).slice(0, 256);
  return last === '' ? undefined : last;
}
