import type { RouteRole } from './roles.ts';
import { ACCESS_ROUTES } from './routes.ts';

interface Matcher {
  readonly path: RegExp;
  readonly role: RouteRole;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A template as an expression. In TensorFlow Serving's paths a colon begins the verb, so no segment has one. */
function patternOf(template: string): RegExp {
  if (template === '/') return /^\/$/;
  const segment = template.startsWith('/v1/') ? '[^/:]+' : '[^/]+';
  const parts = template.split(/(\{[^}]+\})/).map((part) => (part.startsWith('{') ? segment : escaped(part)));
  return new RegExp(`^${parts.join('')}/?$`);
}

const MATCHERS = new Map<string, Matcher[]>();
for (const { methods, path, role } of ACCESS_ROUTES)
  for (const method of methods) {
    const matchers = MATCHERS.get(method) ?? [];
    matchers.push({ path: patternOf(path), role });
    MATCHERS.set(method, matchers);
  }

/**
 * What a request needs by its method and its decoded path.
 *
 * @returns undefined where no protocol has such a route; whoever asks has to refuse the request then, or to make sure
 *   that the answer is an error
 */
export const requiredRole = (method: string, path: string): RouteRole | undefined =>
  MATCHERS.get(method)?.find((matcher) => matcher.path.test(path))?.role;
