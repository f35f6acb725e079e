import { isIP } from 'node:net';
import {
  callerOfAddress,
  callerOfHeader,
  forwardedFor,
  plainEntry,
  principalOfHeader,
} from '../../core/guards/caller.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Who sends a request. */
export interface RequestCaller {
  /** Identity that limits count by; undefined where a header should name it and does not. */
  readonly caller: string | undefined;
  /** Who a trusted proxy says has authenticated. */
  readonly principal: string | undefined;
}

export interface CallerIdentityOptions {
  /**
   * Header, in lower case, in which a proxy identifies the caller. @default `x-forwarded-for` where proxies are trusted,
   * else none
   */
  readonly header?: string;
  /** Proxies whose header is believed. @default with a header every peer, without one none */
  readonly proxies?: TrustedProxies;
}

const FORWARDED = 'x-forwarded-for';

/** Finds out who sends a request: the peer of the connection, or whom a trusted proxy names. */
export class CallerIdentity {
  readonly #header: string | undefined;
  readonly #proxies: TrustedProxies | undefined;

  constructor({ header, proxies }: CallerIdentityOptions = {}) {
    this.#header = header ?? (proxies === undefined ? undefined : FORWARDED);
    this.#proxies = proxies;
  }

  /** Whether a peer stands for many callers, whom it names in a header. */
  forwards(address: string | undefined): boolean {
    return this.#header !== undefined && (this.#proxies === undefined || this.#proxies.has(address));
  }

  /** @param peer identity of the connection's other end, by its address */
  of(
    peer: { readonly address: string | undefined; readonly caller: string | undefined },
    headers: Headers,
  ): RequestCaller {
    const { address, caller } = peer;
    if (this.#header === undefined || !this.forwards(address)) return { caller, principal: undefined };
    const value = headers[this.#header];
    const said = typeof value === 'string' ? value : undefined;
    const forwarded = this.#header === 'forwarded';
    const text = forwarded && said !== undefined ? forwardedFor(said) : said;
    // Of the word in the place of an address that Forwarded may have, nobody says that it is who has authenticated.
    const principal = (name: string | undefined) => (forwarded ? undefined : principalOfHeader(name));
    if (this.#proxies === undefined) return { caller: callerOfHeader(text), principal: principal(text) };
    const named = this.#namedBehind(this.#proxies, text);
    // A request of the proxy itself, such as its health check.
    if (named === undefined) return { caller, principal: undefined };
    return { caller: callerOfHeader(named), principal: principal(named) };
  }

  /**
   * The entry of a list that a chain of trusted proxies vouches for: from the right, the first that is none of them.
   * Those further left are whatever that caller sent.
   */
  #namedBehind(proxies: TrustedProxies, text: string | undefined): string | undefined {
    const entries = (text ?? '').split(',').map((entry) => entry.trim());
    let last: string | undefined;
    for (let i = entries.length - 1; i >= 0; i--) {
      if (entries[i] === '') continue;
      last = plainEntry(entries[i]!);
      if (isIP(last.split('%')[0]!) === 0 || !proxies.has(last)) return last;
    }
    return last;
  }
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Identity of a peer by its address; undefined when the connection has gone. */
export const peerOf = (address: string | undefined): { address: string | undefined; caller: string | undefined } => ({
  address,
  caller: address === undefined ? undefined : callerOfAddress(address),
});
