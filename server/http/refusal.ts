import type { ProtocolError, RequestHead } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import { identify, identityHeaders } from '../../usecases/serving/request-id.ts';

/** Response to a request that the server refuses before the endpoint sees it, in the form of the request's protocol. */
export function refusalResponse(head: RequestHead, error: ProtocolError): HttpResponse {
  const { status, headers, body } = protocolOf(head).fail(error);
  const retry = error.retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return {
    status,
    headers: {
      ...identityHeaders(identify({ ...head, body: '' }), headers),
      ...(retry === undefined ? {} : { 'retry-after': String(Math.ceil(retry)) }),
      ...(error.challenge === undefined ? {} : { 'www-authenticate': error.challenge }),
      ...(error.allowed === undefined ? {} : { allow: error.allowed.join(', ') }),
    },
    body,
  };
}
