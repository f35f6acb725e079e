import { randomUUID } from 'node:crypto';
import type { HttpRequest } from '../../core/serving/http.ts';
import type { RequestSeen } from '../../core/serving/observation.ts';
import { traceOf, traceparentOf } from '../../core/serving/trace-context.ts';

/** Who a request is, to whoever follows it through several systems: its own id, or a new one, and its trace. */
export const identify = ({ method, path, headers }: HttpRequest): RequestSeen => ({
  method,
  path,
  id: headerText(headers['x-request-id']) ?? randomUUID(),
  trace: traceOf(headers, newId),
});

/** What the answer says of it. */
export function identityHeaders({ id, trace }: RequestSeen): Record<string, string> {
  const headers = { 'x-request-id': id, traceparent: traceparentOf(trace) };
  return trace.state === undefined ? headers : { ...headers, tracestate: trace.state };
}

/** 32 random hex digits. */
const newId = (): string => randomUUID().replaceAll('-', '');

/** A header that may be sent back: printable ASCII, not too long. */
const headerText = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined;
