import type { Collector } from '../../core/observability/prometheus.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { CallerIdentity, type CallerIdentityOptions } from './caller-identity.ts';
import { Connections } from './connections.ts';

export interface BoundsOptions extends AdmissionOptions, CallerIdentityOptions {
  /** Most open connections of all transports together. */
  readonly connections: number;
}

/** What bounds a process that answers; HTTP and gRPC share one. */
export interface ServerBounds {
  readonly admission: Admission;
  /** Room of their own for metrics and health checks, which the bounds of other requests must not refuse. */
  readonly pages: Admission;
  readonly connections: Connections;
  readonly identity: CallerIdentity;
  readonly collect: Collector;
  close(): void;
}

const MEGABYTE = 1024 * 1024;

/** The defaults of the settings, for servers that have none. */
const DEFAULTS: BoundsOptions = {
  requests: 2_000,
  bytes: 512 * MEGABYTE,
  connections: 10_000,
  callerShare: 0.5,
  largestBody: 6 * MEGABYTE,
  bodyRate: 240,
  graceMs: 5_000,
};

/** Of metrics and health checks a caller may have an eighth, four at once: more than any scraper has under way. */
const PAGES = { requests: 32, bytes: 32 * MEGABYTE, callerShare: 1 / 8, largestBody: MEGABYTE, graceMs: 1_000 };

export function openBounds(options: Partial<BoundsOptions> = {}): ServerBounds {
  const all = { ...DEFAULTS, ...options };
  const identity = new CallerIdentity(all);
  const admission = new Admission(all);
  // Where callers have no shares, they cannot be told apart.
  const callerShare = all.callerShare === 1 ? 1 : PAGES.callerShare;
  const pages = new Admission({ ...PAGES, callerShare, bodyRate: all.bodyRate }, admission.refusals);
  const connections = new Connections(all, identity, admission.refusals);
  return {
    admission,
    pages,
    connections,
    identity,
    collect: (to) => {
      to.family('trimtab_requests_under_way', 'gauge', 'Requests between their head and the end of their answer.');
      to.sample({}, admission.requests);
      to.family('trimtab_request_bytes', 'gauge', 'What their bodies and unread answers hold.');
      to.sample({}, admission.bytes);
      to.family('trimtab_request_callers', 'gauge', 'Callers that have requests under way.');
      to.sample({}, admission.callers);
      to.family('trimtab_connections', 'gauge', 'Open connections of HTTP and gRPC.').sample({}, connections.open);
      to.family(
        'trimtab_waiting_requests',
        'gauge',
        'Requests that were read and wait for others of their connection.',
      );
      to.sample({}, connections.waiting);
      return admission.refusals.collect(to);
    },
    close: () => {
      admission.close();
      pages.close();
    },
  };
}
