import { BlockList, isIP } from 'node:net';

/** Addresses of proxies whose word about the caller is taken. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param networks addresses, or networks in CIDR notation @throws Error for what is neither */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  has(address: string | undefined): boolean {
    const plain = address?.split('%')[0] ?? '';
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }

  #add(network: string): void {
    const [address = '', prefix, ...more] = network.split('/');
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (version === 0 || more.length > 0 || !/^\d*$/.test(prefix ?? '') || prefix === '' || length > bits)
      throw new Error(`'${network}' is no address or network, expected one such as 10.0.0.0/8 or fd00::/8`);
    this.#list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
}
