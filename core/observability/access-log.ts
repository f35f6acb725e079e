import { isSampled } from '../serving/hash.ts';
import { type Observation, PHASES, type Sink } from './observation.ts';
import { pathForLogs } from './path-for-logs.ts';

export interface AccessLogOptions {
  /**
   * Which requests get a line: `all`; a share of them, by hash of the request id, and all problems; `problems` (what
   * failed or was slow, and what was refused, up to a number a second); or `none`.
   */
  readonly requests: 'none' | 'problems' | 'all' | number;
  /** From how long a request is slow. @default 1000 */
  readonly slowMs?: number;
  /** ECS `service.name` and `service.version`. */
  readonly service: { readonly name: string; readonly version?: string | undefined };
  /** Whether this is a function, whose first request is a cold start's. @default false */
  readonly faas?: boolean;
}

/** Which requests are logged, as an environment says it. @throws RangeError */
export function loggedRequests(text: string): AccessLogOptions['requests'] {
  if (text === 'none' || text === 'problems' || text === 'all') return text;
  const share = /^\d+(\.\d+)?(e-\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw new RangeError(`the access log is none, problems, all or a share of 0 to 1, received '${text}'`);
}

/** Refusals that get a line in one second: whoever sends nonsense shall not fill the log. */
const REFUSALS_PER_SECOND = 10;

/**
 * One line a request, with the fields of the Elastic Common Schema. No line holds what a caller sent: no query, no
 * header but its request id, no message of a refusal (it shows the value received), and of the path only what is not
 * the caller's own.
 */
export function accessLog(
  { requests, slowMs = 1_000, service, faas = false }: AccessLogOptions,
  isModel: (name: string) => boolean,
  emit: (line: string) => void,
): Sink {
  let cold = faas;
  let second = 0;
  let refusals = 0;
  let dropped = 0;

  /** Whether one more refusal may be written now. */
  const takes = (at: number): boolean => {
    const now = Math.floor(at / 1_000);
    if (now !== second) {
      second = now;
      refusals = 0;
    }
    if (refusals++ < REFUSALS_PER_SECOND) return true;
    dropped++;
    return false;
  };

  const wanted = (observation: Observation): boolean => {
    if (requests === 'all') return true;
    if (observation.outcome === 'internal' || observation.outcome === 'unavailable' || observation.duration >= slowMs)
      return true;
    if (typeof requests === 'number' && isSampled(observation.request!.id, requests)) return true;
    return observation.outcome === 'caller' && takes(observation.at);
  };

  return {
    record(observation) {
      // A shadow's copy is nobody's request.
      if (requests === 'none' || observation.request === undefined) return;
      const coldstart = cold;
      cold = false;
      if (!wanted(observation)) return;
      const line = lineOf(observation, pathForLogs(observation.request.path, isModel));
      if (faas) line['faas.coldstart'] = coldstart;
      line['service.name'] = service.name;
      line['service.version'] = service.version;
      if (dropped > 0) line['trimtab.dropped_lines'] = dropped;
      dropped = 0;
      emit(JSON.stringify(line));
    },
  };
}

const LEVELS = { ok: 'info', caller: 'warn', internal: 'error', unavailable: 'error' } as const;
const ns = (ms: number): number => Math.round(ms * 1e6);

function lineOf(observation: Observation, path: string): Record<string, unknown> {
  const { request, route, outcome, fault, releaseAge } = observation;
  const { method, id, trace } = request!;
  const line: Record<string, unknown> = {
    '@timestamp': new Date(observation.at).toISOString(),
    'log.level': LEVELS[outcome],
    message: `${method} ${path} ${observation.status}`,
    'ecs.version': '8.11.0',
    'event.kind': 'event',
    'event.action': observation.asked,
    'event.duration': ns(observation.duration),
    'event.outcome': outcome === 'ok' ? 'success' : 'failure',
    'http.request.method': method,
    'http.request.id': id,
    'http.response.status_code': observation.status,
    'url.path': path,
    'error.code': fault,
    'error.type': outcome === 'internal' && observation.error instanceof Error ? observation.error.name : undefined,
    'trace.id': trace.traceId,
    'span.id': trace.spanId,
    'labels.protocol': observation.protocol,
    'labels.model': observation.model,
    'labels.model_version': route && String(route.version),
    'labels.variant': route?.variant,
    'trimtab.rows': observation.rows > 0 ? observation.rows : undefined,
    'trimtab.cache': observation.cache,
    'trimtab.release_age_s': releaseAge === undefined ? undefined : Math.floor(releaseAge / 1_000),
  };
  for (const phase of PHASES) {
    const ms = observation.phases[phase];
    if (ms !== undefined) line[`trimtab.${phase}_ns`] = ns(ms);
  }
  return line;
}
