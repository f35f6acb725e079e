/** The status that goes with each kind of fault unless a protocol's own table says otherwise. */
const STATUSES = {
  'bad-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'unknown-path': 404,
  'unknown-model': 404,
  'unknown-version': 404,
  'not-allowed': 405,
  'too-large': 413,
  'unsupported-media': 415,
  'too-many': 429,
  internal: 500,
  unsupported: 501,
  'not-ready': 503,
  'timed-out': 504,
} as const;

/** What went wrong, in one word: protocols have codes and types of their own for it. */
export type FaultKind = keyof typeof STATUSES;

/** A fault as a protocol is to tell it. */
export interface Fault {
  /** HTTP status, 4xx or 5xx. */
  readonly status: number;
  readonly kind: FaultKind;
  /** For the caller's eyes. */
  readonly message: string;
}

export interface FaultOptions extends ErrorOptions {
  /** @default the first kind that has the status */
  readonly kind?: FaultKind;
  /** After how many seconds it is worth trying again; becomes the header `retry-after`. */
  readonly retryAfterSeconds?: number;
  /** How to authenticate (RFC 9110, 11.6.1); becomes the header `www-authenticate`. */
  readonly challenge?: string;
  /** Methods that the path has, where the method was the fault; becomes the header `allow`. */
  readonly allowed?: readonly string[];
}

/** What a caller did wrong, or what cannot be had: said in full, in the form of the protocol that was spoken. */
export class ProtocolError extends Error implements Fault {
  override readonly name = 'ProtocolError';
  readonly kind: FaultKind;
  readonly retryAfterSeconds: number | undefined;
  readonly allowed: readonly string[] | undefined;
  readonly challenge: string | undefined;
  constructor(
    readonly status: number,
    message: string,
    options?: FaultOptions,
  ) {
    super(message, options);
    this.kind = options?.kind ?? kindOf(status);
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.allowed = options?.allowed;
    this.challenge = options?.challenge;
  }
}

function kindOf(status: number): FaultKind {
  for (const kind in STATUSES) if (STATUSES[kind as FaultKind] === status) return kind as FaultKind;
  return status < 500 ? 'bad-input' : 'internal';
}
