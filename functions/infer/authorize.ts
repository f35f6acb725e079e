import { type AuthorizerContext, isSigned, rolesOfAuthorizer } from '../../core/access/claims.ts';
import { requiredRole } from '../../core/access/required-role.ts';
import { ROLES, type Role } from '../../core/access/roles.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import { isUnknownRoute } from '../../core/protocols/unknown-route.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { HttpEvent } from './api-gateway-event.ts';

const NOBODY: ReadonlySet<Role> = new Set();

/** Who says what a caller may do. */
export type RolesSource = 'gateway' | 'claims';

/** Roles that everybody has, as the function's environment says: words. @throws RangeError */
export function openRoles(text = ''): ReadonlySet<Role> {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = words.find((word) => !ROLES.some((role) => role === word));
  if (wrong !== undefined)
    throw new RangeError(`TRIMTAB_OPEN_ROLES are words of ${ROLES.join(', ')}, received '${wrong}'`);
  return new Set(ROLES.filter((role) => words.includes(role)));
}

/** @throws RangeError */
export function rolesSource(text = 'gateway'): RolesSource {
  if (text === 'gateway' || text === 'claims') return text;
  throw new RangeError(`TRIMTAB_ROLES is gateway or claims, received '${text}'`);
}

/**
 * Holds a request to the roles that the authorizer in front has found. An event that came by no API is somebody's who may
 * invoke the function itself, as the probe of releases is: IAM has let them. So it has whoever came by a route of the API
 * that IAM authorizes, and has gone by method and path.
 *
 * @param open - roles that everybody has
 * @returns the refusal, or undefined
 */
export function refusalByClaims(
  { requestContext }: HttpEvent,
  request: HttpRequest,
  open: ReadonlySet<Role> = NOBODY,
): HttpResponse | undefined {
  if (requestContext.apiId === undefined) return undefined;
  const { method, path, headers } = request;
  const role = requiredRole(method, path);
  if (role === 'open') return undefined;
  if (role === undefined && isUnknownRoute({ method, path, headers })) return undefined;
  const { authorizer } = requestContext;
  const context: AuthorizerContext = typeof authorizer === 'object' && authorizer !== null ? authorizer : {};
  if (isSigned(context)) return undefined;
  const roles = rolesOfAuthorizer(context);
  if (role !== undefined && (roles.has(role) || open.has(role))) return undefined;
  return protocolOf(request).fail(
    new ProtocolError(
      403,
      role === undefined
        ? 'there is no role that may do this'
        : `this needs the role ${role}, which the caller does not have`,
    ),
  );
}
