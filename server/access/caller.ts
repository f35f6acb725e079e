import type { Identity } from '../../core/access/identity.ts';
import type { HttpRequest } from '../../core/serving/http.ts';

/**
 * Who sends a request that a credential has let in. Where a trusted proxy has said who its own caller is, that is kept:
 * the credential is the proxy's.
 */
export function callerOf(
  { caller, principal }: Pick<HttpRequest, 'caller' | 'principal'>,
  { name, models }: Identity,
): Pick<HttpRequest, 'caller' | 'principal' | 'credential' | 'models'> {
  const said = principal !== undefined;
  return {
    caller: said ? caller : `credential ${name}`,
    principal: said ? principal : name,
    credential: name,
    models,
  };
}
