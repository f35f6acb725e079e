import type { Role } from '../core/access/roles.ts';
import { ACCESS_ROUTES, type AccessRoute } from '../core/access/routes.ts';

/** Methods by which nothing is done but reading; HTTP's safe methods. */
const READING = ['GET', 'HEAD', 'OPTIONS'];

/** A path without what API Gateway cannot tell apart: a placeholder is a whole segment there. */
const templateOf = ({ path }: AccessRoute): string => path.replace(/(\{\w+\}):\w+/g, '$1');

/** A route of the HTTP API, with the roles that requests to it may be of. */
export interface ApiRoute {
  readonly method: string;
  readonly path: string;
  readonly roles: readonly Exclude<Role, 'metrics'>[];
}

/**
 * Routes of the HTTP API, `METHOD /path` with placeholders: one for each thing that can be done, and one for all that is
 * looked at. TensorFlow Serving's verbs share one, for they are within a segment. What is none of these is `$default`.
 */
export function apiRoutes(): ApiRoute[] {
  const roles = new Map<string, Set<ApiRoute['roles'][number]>>();
  for (const route of ACCESS_ROUTES)
    for (const method of route.methods) {
      if (READING.includes(method) || route.role === 'open' || route.role === 'metrics') continue;
      const key = `${method} ${templateOf(route)}`;
      roles.set(key, (roles.get(key) ?? new Set()).add(route.role));
    }
  for (const method of READING) roles.set(`${method} /{proxy+}`, new Set(['read']));
  return [...roles].map(([key, of]) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path, roles: [...of] };
  });
}

/** Whether a pattern of IAM, in which `*` stands for anything, takes everything that another does. */
const covers = (pattern: string, other: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(other);

/**
 * What the permission `execute-api:Invoke` has to name for a role, from the stage on: `$default/POST/v2/models/m/infer`.
 * The stage is written out: a wildcard there would reach over the slashes into the path, and let a path that contains
 * another in.
 */
export function invokeResources(role: Role): string[] {
  const patterns = new Set<string>();
  for (const route of ACCESS_ROUTES)
    if (route.role === role)
      for (const method of route.methods)
        patterns.add(
          // All that these methods do is reading, whatever the path.
          `$default/${method}${READING.includes(method) ? '/*' : route.path.replace(/\{\w+\}/g, '*')}`,
        );
  const all = [...patterns];
  return all.filter((pattern) => !all.some((other) => other !== pattern && covers(other, pattern)));
}
