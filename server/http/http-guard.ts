import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { CertificateNames } from '../../core/access/certificate-names.ts';
import { json, type ProtocolError, type RequestHead } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpResponse } from '../../core/serving/http.ts';
import type { Access } from '../access/access.ts';
import { callerOf } from '../access/caller.ts';
import { refusalResponse } from './refusal.ts';

/** What becomes of a request that has come as far as its head. */
export interface HeadDecision {
  /** The answer of one that is not let in. */
  readonly refusal?: HttpResponse;
  /** Takes from the answer what this caller may not see. @default all may be seen */
  readonly shown?: (response: HttpResponse | Promise<HttpResponse>) => Promise<HttpResponse>;
}

/** Lets requests in. */
export interface HttpGuard {
  /** Decides about a request by its head, and notes in the head who sends it. */
  enter(head: RequestHead, incoming: IncomingMessage): HeadDecision | undefined;
}

export const httpGuard = (access: Access): HttpGuard => ({
  enter(head, incoming) {
    const { method, path, headers, caller: address } = head;
    try {
      const certificate = () => certificateOf(incoming.socket);
      const { identity, reads } = access.admit({ method, path, headers, address, certificate });
      if (identity !== undefined) Object.assign(head, callerOf(head, identity));
      return reads ? undefined : { shown: async (response) => stateOnly(head, await response) };
    } catch (error) {
      return { refusal: refusalResponse(head, error as ProtocolError) };
    }
  },
});

/** Certificate of the other end, where an authority that is trusted has signed it. */
function certificateOf(socket: unknown): CertificateNames | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
}

/** Whether a server is ready, and no more: reasons name models and versions. */
function stateOnly(head: RequestHead, response: HttpResponse): HttpResponse {
  const { status, headers } = response;
  // Of all others the answer is a constant where they are well.
  if (status === 200 && head.path !== '/v2/health/ready') return response;
  const { body, headers: own } =
    head.path === '/v2/health/ready'
      ? json(status, { ready: status === 200 })
      : protocolOf(head).fail({ status, kind: 'not-ready', message: 'not ready' });
  return { status, headers: { ...headers, ...own }, body: head.method === 'HEAD' ? '' : body };
}
