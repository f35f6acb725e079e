import { type CertificateNames, certificateNames } from '../../core/access/certificate-names.ts';
import { type Identity, unlimited } from '../../core/access/identity.ts';
import { type OriginRules, originCheck } from '../../core/access/origins.ts';
import { requiredRole } from '../../core/access/required-role.ts';
import type { RouteRole } from '../../core/access/roles.ts';
import { CallerLimits } from '../../core/guards/rate-limit.ts';
import type { Collector } from '../../core/observability/prometheus.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import { isUnknownRoute } from '../../core/protocols/unknown-route.ts';
import type { CredentialStore } from './credential-store.ts';

export interface AccessOptions {
  /** By which names the server may be called, and from which pages. */
  readonly origins: OriginRules;
  /** Who may do what. @default nobody is asked who they are, unless clients have certificates */
  readonly credentials?: CredentialStore | undefined;
  /** Whether clients are asked for certificates. Without `credentials`, who has a verified one may do everything. */
  readonly certificates: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is known of a request before its body is read. */
export interface AccessRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Where it comes from, for the limit on failures. */
  readonly address: string | undefined;
  /** Certificate of the client, where it was verified. */
  readonly certificate: () => CertificateNames | undefined;
}

/** What came of a request that is let in. */
export interface AdmittedCaller {
  readonly identity: Identity | undefined;
  /** Whether the answer may say more than the state of the server; false for probes by nobody in particular. */
  readonly reads: boolean;
}

const REASONS = ['host', 'origin', 'no-credentials', 'invalid-credentials', 'role', 'throttled'] as const;
type Reason = (typeof REASONS)[number];

/** Failures that one address may have: so many at once, and so many a second for ever. */
const FAILURES = { burst: 20, perSecond: 1 };

const CHALLENGE = 'Bearer realm="trimtab"';
const ANYBODY: AdmittedCaller = { identity: undefined, reads: true };
const PROBE: AdmittedCaller = { identity: undefined, reads: false };

/** Decides which requests are let in: by host and origin, by credentials, and by the role that their route needs. */
export class Access {
  readonly #check: ReturnType<typeof originCheck>;
  readonly #failures = new CallerLimits();
  readonly #refused: Record<Reason, number> = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<
    Reason,
    number
  >;
  /** Whether callers have to say who they are. */
  readonly authenticates: boolean;

  constructor(private readonly options: AccessOptions) {
    this.#check = originCheck(options.origins);
    this.authenticates = options.credentials !== undefined || options.certificates;
  }

  /**
   * Lets a request in, or not: by where it is sent from and to, and by who sends it.
   *
   * @param role what it needs, where it is no route of HTTP. @default what its route needs
   * @throws ProtocolError 401, 403 or 429
   */
  admit(request: AccessRequest, role?: RouteRole): AdmittedCaller {
    const { host, origin } = request.headers;
    const foreign = this.#check(host, origin);
    if (foreign === undefined && !this.authenticates) return ANYBODY;
    const needed = role ?? requiredRole(request.method, request.path);
    if (foreign === undefined) return this.#authorize(request, needed);
    if (needed === 'open') return PROBE;
    throw this.#refuse(origin === undefined ? 'host' : 'origin', new ProtocolError(403, foreign));
  }

  /**
   * Lets whoever sends a request in, or not.
   *
   * @param role what its route needs; undefined where there is no such route
   * @throws ProtocolError 401, 403 or 429
   */
  #authorize(request: AccessRequest, role: RouteRole | undefined): AdmittedCaller {
    if (!this.authenticates) return ANYBODY;
    const identity = this.#identify(request.headers.authorization, request.certificate);
    if (role === 'open') return { identity, reads: identity?.roles.has('read') === true };
    if (identity === undefined) throw this.#unauthenticated(request);
    if (role === undefined) {
      // It is answered with the protocol's own error, unless the table of routes has a hole.
      if (isUnknownRoute(request)) return { identity, reads: true };
      throw this.#refuse('role', new ProtocolError(403, 'there is no role that may do this'));
    }
    if (!identity.roles.has(role)) {
      const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${role}"`;
      throw this.#refuse(
        'role',
        new ProtocolError(403, `this needs the role ${role}, which ${identity.name} does not have`, { challenge }),
      );
    }
    return { identity, reads: true };
  }

  /** How many requests were refused, by reason. */
  readonly collect: Collector = (to) => {
    to.family('trimtab_auth_refused_total', 'counter', 'Requests that were refused for who sent them, or from where.');
    for (const reason of REASONS) to.sample({ reason }, this.#refused[reason]);
  };

  #identify(authorization: string | undefined, certificate: AccessRequest['certificate']): Identity | undefined {
    const { credentials, certificates, now } = this.options;
    // Whoever sends a token means that one, be it wrong.
    if (authorization !== undefined) {
      const token = /^bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
      return token === undefined ? undefined : credentials?.ofToken(token, now());
    }
    const found = certificates ? certificate() : undefined;
    if (found === undefined) return undefined;
    const names = certificateNames(found);
    if (credentials !== undefined) return credentials.ofCertificate(names, now());
    return unlimited(names[0] ?? 'a certificate without a name');
  }

  /** The same words for a token that is unknown and for one that has expired: nobody learns which there are. */
  #unauthenticated({ address = 'unknown', headers: { authorization } }: AccessRequest): ProtocolError {
    const wait = this.#failures.take(address, FAILURES, this.options.now());
    if (wait > 0)
      return this.#refuse(
        'throttled',
        new ProtocolError(429, 'too many requests from this address had no valid credentials', {
          retryAfterSeconds: wait,
        }),
      );
    if (authorization === undefined)
      return this.#refuse(
        'no-credentials',
        new ProtocolError(401, 'this server wants to know who asks: send `Authorization: Bearer` and a token', {
          challenge: CHALLENGE,
        }),
      );
    return this.#refuse(
      'invalid-credentials',
      new ProtocolError(401, 'the token is not valid here', { challenge: `${CHALLENGE}, error="invalid_token"` }),
    );
  }

  #refuse(reason: Reason, error: ProtocolError): ProtocolError {
    this.#refused[reason]++;
    return error;
  }
}
