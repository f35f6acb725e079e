import type { IncomingMessage } from 'node:http';
import type { RequestHead } from '../../core/protocols/protocol.ts';
import type { HttpRequest } from '../../core/serving/http.ts';
import type { RequestCaller } from '../admission/caller-identity.ts';
import { targetOf } from './request-target.ts';

const NO_QUERY: HttpRequest['query'] = {};

/** Head of an incoming request. */
export function headOf(incoming: IncomingMessage, who?: RequestCaller): RequestHead {
  const url = targetOf(incoming);
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: decoded(mark === -1 ? url : url.slice(0, mark)),
    query: mark === -1 ? NO_QUERY : Object.fromEntries(new URLSearchParams(url.slice(mark + 1))),
    headers: headersOf(incoming),
    caller: who?.caller,
    principal: who?.principal,
  };
}

/** node:http gives every header as one string except set-cookie, which is not a request header. */
function headersOf({ headers }: IncomingMessage): HttpRequest['headers'] {
  if (headers['set-cookie'] !== undefined) delete headers['set-cookie'];
  return headers as HttpRequest['headers'];
}

/** Percent-decodes a path; an invalid one is returned unchanged. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
