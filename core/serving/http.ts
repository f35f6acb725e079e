/** A request independent of what carried it: an event of API Gateway or a socket. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-decoded path, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Text where whatever carried it had it as text already: turning it into bytes and back would cost the hot path. */
  readonly body: Uint8Array | string;
  /**
   * Takes room for so many bytes that come out of the body when it is unpacked, beside those that it came in. Undefined
   * where nothing but the request is held.
   *
   * @throws ProtocolError 503 or 429 when there is no room for them
   */
  readonly hold?: ((bytes: number) => void) | undefined;
  /**
   * Who sends it, as far as whatever carried it can vouch for: never what the request says of itself. Undefined where
   * nobody knows.
   */
  readonly caller?: string | undefined;
  /** Who sends it, where that was authenticated: the caller, unless that is only an address. */
  readonly principal?: string | undefined;
  /** Name of the credential by which it was let in. */
  readonly credential?: string | undefined;
  /** The only models that its credential may be used for; undefined: all. */
  readonly models?: readonly string[] | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
