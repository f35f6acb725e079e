/** Where a request stands in a distributed trace. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The caller's span, 16 hex digits; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** This request's own span, 16 hex digits. */
  readonly spanId: string;
  /** Whether the caller keeps the trace; nobody here decides that for it. */
  readonly sampled: boolean;
  /** What other tracing systems carry along; handed on as it came. */
  readonly state: string | undefined;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Received = Pick<TraceContext, 'traceId' | 'parentId' | 'sampled' | 'state'>;

/**
 * Continues the trace that a request brings, by W3C's `traceparent`, AWS's `x-amzn-trace-id` or Zipkin's B3 headers, in
 * this order; begins one where it brings none, or one that is not well-formed.
 *
 * @param newId gives 32 random hex digits
 */
export function traceOf(headers: Headers, newId: () => string): TraceContext {
  const received = w3c(headers) ?? xRay(headers['x-amzn-trace-id']) ?? b3(headers);
  const spanId = newId().slice(0, 16);
  if (received !== undefined) return { spanId, ...received };
  return { traceId: newId(), parentId: undefined, spanId, sampled: false, state: undefined };
}

/** The header that tells the caller which trace and span its request was. */
export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`;

const NOTHING = /^0+$/;
const isId = (text: string): boolean => !NOTHING.test(text);

/** https://www.w3.org/TR/trace-context/: a later version may be longer, and begins the same. */
function w3c({ traceparent, tracestate }: Headers): Received | undefined {
  if (traceparent === undefined) return undefined;
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent);
  if (found === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = '', more] = found;
  if (version === 'ff' || (version === '00' && more !== undefined) || !isId(traceId) || !isId(parentId))
    return undefined;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1, state: stateOf(tracestate) };
}

const STATE_MEMBERS = 32;
const STATE_LENGTH = 512;
const STATE_MEMBER =
  /^(?:[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** A state that is not well-formed is left out; the trace goes on without it. */
function stateOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > STATE_LENGTH) return undefined;
  const members = text.split(',').map((member) => member.trim());
  const there = members.filter((member) => member !== '');
  const keys = new Set(there.map((member) => member.slice(0, member.indexOf('='))));
  const fine =
    members.length <= STATE_MEMBERS && keys.size === there.length && there.every((m) => STATE_MEMBER.test(m));
  return fine && there.length > 0 ? there.join(',') : undefined;
}

/** `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, as load balancers and Lambda send it. */
function xRay(text: string | undefined): Received | undefined {
  if (text === undefined || text.length > 500) return undefined;
  const root = /(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(text);
  if (root === null) return undefined;
  const traceId = `${root[1]}${root[2]}`;
  if (!isId(traceId)) return undefined;
  const parentId = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/.exec(text)?.[1];
  return { traceId, parentId, sampled: /(?:^|;)\s*Sampled=1(?:;|$)/.test(text), state: undefined };
}

/** https://github.com/openzipkin/b3-propagation: one header or several; ids of 64 bits are filled up with zeros. */
function b3(headers: Headers): Received | undefined {
  const single = headers.b3;
  if (single !== undefined) {
    const found = /^((?:[0-9a-f]{16}){1,2})-([0-9a-f]{16})(?:-([01d]))?(?:-[0-9a-f]{16})?$/.exec(single);
    return found === null ? undefined : zipkin(found[1]!, found[2]!, found[3] === '1' || found[3] === 'd');
  }
  const traceId = headers['x-b3-traceid'];
  const spanId = headers['x-b3-spanid'];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (!/^(?:[0-9a-f]{16}){1,2}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) return undefined;
  return zipkin(traceId, spanId, headers['x-b3-sampled'] === '1' || headers['x-b3-flags'] === '1');
}

const zipkin = (traceId: string, parentId: string, sampled: boolean): Received | undefined =>
  isId(traceId) && isId(parentId)
    ? { traceId: traceId.padStart(32, '0'), parentId, sampled, state: undefined }
    : undefined;
