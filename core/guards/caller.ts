/**
 * The identity that a network address stands for: the address itself, and for IPv6 the network of 64 bits that it is
 * from, because whoever has one such address usually has them all. IPv4 in IPv6's clothes is IPv4.
 */
export function callerOfAddress(address: string): string {
  const plain = address.split('%')[0]!.toLowerCase();
  if (!plain.includes(':')) return plain;
  const mapped = /^(?:::ffff:|::)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(plain);
  if (mapped !== null) return mapped[1]!;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/**
 * The identity in a header that a trusted proxy writes. Of a list, as in X-Forwarded-For, it is the last entry: that is
 * the one which the proxy itself added, those before it are whatever the caller sent.
 */
export function callerOfHeader(value: string | undefined): string | undefined {
  const last = lastOf(value);
  if (last === undefined) return undefined;
  return /^[0-9a-fA-F.:%]+$/.test(last) ? callerOfAddress(last) : last;
}

/** Who a trusted proxy says has authenticated: what is in its header, unless that is an address, which proves nothing. */
export function principalOfHeader(value: string | undefined): string | undefined {
  const last = lastOf(value);
  return last === undefined || ADDRESS.test(last) ? undefined : last;
}

/** IPv4, or IPv6 with its zone. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F.]*:[0-9a-fA-F.:]*(%.*)?)$/;

function lastOf(value: string | undefined): string | undefined {
  const last = value
    ?.slice(value.lastIndexOf(',') + 1)
    .trim()
    .slice(0, 256);
  return last === '' ? undefined : last;
}
