import { rolesOfAuthorizer } from '../../core/access/claims.ts';
import { requiredRole } from '../../core/access/required-role.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import { isUnknownRoute } from '../../core/protocols/unknown-route.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { HttpEvent } from './api-gateway-event.ts';

/** Who says what a caller may do. */
export type RolesSource = 'gateway' | 'claims';

/** @throws RangeError */
export function rolesSource(text = 'gateway'): RolesSource {
  if (text === 'gateway' || text === 'claims') return text;
  throw new RangeError(`TRIMTAB_ROLES is gateway or claims, received '${text}'`);
}

/**
 * Holds a request to the roles that the authorizer in front has found. An event that came by no API is somebody's who may
 * invoke the function itself, as the probe of releases is: IAM has let them.
 *
 * @returns the refusal, or undefined
 */
export function refusalByClaims({ requestContext }: HttpEvent, request: HttpRequest): HttpResponse | undefined {
  if (requestContext.apiId === undefined) return undefined;
  const { method, path, headers } = request;
  const role = requiredRole(method, path);
  if (role === 'open') return undefined;
  if (role === undefined && isUnknownRoute({ method, path, headers })) return undefined;
  const { authorizer } = requestContext;
  const roles = rolesOfAuthorizer(typeof authorizer === 'object' && authorizer !== null ? authorizer : {});
  if (role !== undefined && roles.has(role)) return undefined;
  return protocolOf(request).fail(
    new ProtocolError(
      403,
      role === undefined
        ? 'there is no role that may do this'
        : `this needs the role ${role}, which the caller does not have`,
    ),
  );
}
