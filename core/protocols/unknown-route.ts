import { type Catalog, ProtocolError, type RequestHead } from './protocol.ts';
import { protocolOf } from './protocols.ts';

const NOTHING: Catalog = {
  models: () => [],
  versions: () => undefined,
  notLoaded: () => [],
  statistics: () => [],
};

/** Whether a request has no route, so that its protocol answers it with an error by its method and path alone. */
export function isUnknownRoute({ method, path, headers }: Pick<RequestHead, 'method' | 'path' | 'headers'>): boolean {
  const head: RequestHead = { method, path, headers, query: {} };
  try {
    protocolOf(head).resolve(head, NOTHING);
    return false;
  } catch (error) {
    return error instanceof ProtocolError;
  }
}
