import type { Role } from '../core/access/roles.ts';
import { ACCESS_ROUTES, type AccessRoute } from '../core/access/routes.ts';

/** Methods by which nothing is done but reading; HTTP's safe methods. */
const READING = ['GET', 'HEAD', 'OPTIONS'];

/** A path without what API Gateway cannot tell apart: a placeholder is a whole segment there. */
const templateOf = ({ path }: AccessRoute): string => path.replace(/(\{\w+\}):\w+/g, '$1');

/**
 * Routes of the HTTP API, `METHOD /path` with placeholders: one for each thing that can be done, and one for all that is
 * looked at. TensorFlow Serving's verbs share one, for they are within a segment. What is none of these is `$default`.
 */
export function apiRoutes(): { readonly method: string; readonly path: string }[] {
  const doing = ACCESS_ROUTES.flatMap((route) =>
    route.methods.filter((method) => !READING.includes(method)).map((method) => `${method} ${templateOf(route)}`),
  );
  return [...new Set([...doing, ...READING.map((method) => `${method} /{proxy+}`)])].map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
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
