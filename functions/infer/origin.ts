import { createHash, timingSafeEqual } from 'node:crypto';
import { ORIGIN_HEADER } from '../../core/access/origin-header.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { awsOriginSecret } from '../../platform/aws/secrets.ts';
import type { HttpEvent } from './api-gateway-event.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Refuses what came by the API and not through the distribution in front of it, whose firewall it would have passed by. An
 * event that came by no API is somebody's who may invoke the function itself.
 *
 * @returns the refusal, or undefined
 */
export function refusalByOrigin(
  { requestContext, headers }: HttpEvent,
  request: HttpRequest,
  secret: string,
): HttpResponse | undefined {
  if (requestContext.apiId === undefined) return undefined;
  // By digests, which are of one length, in a time that says nothing of them.
  if (timingSafeEqual(digest(headers[ORIGIN_HEADER] ?? ''), digest(secret))) return undefined;
  return protocolOf(request).fail(new ProtocolError(403, 'the endpoint is called by the address of its distribution'));
}

/** The secret, read once; after a failure it is read again. Undefined where there is no distribution in front. */
export function originSecret(env: NodeJS.ProcessEnv): () => Promise<string> | undefined {
  if (env.TRIMTAB_ORIGIN_SECRET === undefined) return () => undefined;
  let reading: Promise<string> | undefined;
  return () => {
    reading ??= awsOriginSecret(env).catch((cause) => {
      reading = undefined;
      throw cause;
    });
    return reading;
  };
}
