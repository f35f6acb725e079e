import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requiredRole } from '../../../core/access/required-role.ts';
import type { RouteRole } from '../../../core/access/roles.ts';
import { ACCESS_ROUTES } from '../../../core/access/routes.ts';
import type { Catalog, Operation, RequestHead } from '../../../core/protocols/protocol.ts';
import { PROTOCOLS, protocolOf } from '../../../core/protocols/protocols.ts';

const CATALOG: Catalog = { models: () => ['m'], versions: () => undefined, notLoaded: () => [], statistics: () => [] };

/** Roles that an operation may have, by what it does. */
const ROLES: Readonly<Record<Operation['kind'], readonly RouteRole[]>> = {
  infer: ['predict'],
  explain: ['explain'],
  feedback: ['truth'],
  repository: ['operate'],
  release: ['read'],
  describe: ['read'],
  show: ['read', 'open'],
};

/** What a protocol makes of a request; undefined where it has no such route. */
function operationOf(method: string, path: string): Operation['kind'] | undefined {
  const head: RequestHead = { method, path, query: {}, headers: {} };
  try {
    return protocolOf(head).resolve(head, CATALOG).kind;
  } catch {
    return undefined;
  }
}

const VALUES: Readonly<Record<string, string>> = { version: '1', label: 'champion' };
const sample = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? 'm');

describe('The table of routes', () => {
  it.each(
    ACCESS_ROUTES.filter(({ path }) => path !== '/metrics').flatMap(({ methods, path, role }) =>
      methods.map((method) => [method, path, role] as const),
    ),
  )('has what the protocols do at %s %s: %s', (method, path, role) => {
    expect(requiredRole(method, sample(path))).toBe(role);
    expect(ROLES[operationOf(method, sample(path))!]).toContain(role);
  });

  it('has every route of every protocol, whatever is put together', () => {
    // The words of all routes, and of every protocol's source, in any order.
    const words = [
      ...new Set([
        ...ACCESS_ROUTES.flatMap(({ path }) => sample(path).split('/')),
        'all',
        'api',
        'm:predict',
        '1:explain',
        'x%2Fy',
        '',
      ]),
    ];
    const path = fc
      .array(fc.constantFrom(...words), { minLength: 1, maxLength: 8 })
      .map((parts) => `/${parts.join('/')}`);
    const known = fc.constantFrom(...ACCESS_ROUTES.map((route) => sample(route.path)));
    const changed = fc
      .tuple(known, fc.constantFrom('', '/', '/explain', '/infer', ':predict', '/all', '/1', '//'))
      .map((parts) => parts.join(''));
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH');
    fc.assert(
      fc.property(method, fc.oneof(path, known, changed), (how, where) => {
        const kind = operationOf(how, where);
        const role = requiredRole(how, where);
        if (kind !== undefined) expect(role, `${how} ${where} is ${kind}`).toBeDefined();
        if (kind !== undefined) expect(ROLES[kind]).toContain(role);
      }),
      { numRuns: 20_000 },
    );
  });

  it('is asked about routes of all protocols there are', () => {
    const owners = new Set(
      ACCESS_ROUTES.flatMap(({ methods, path }) =>
        methods.map((method) => protocolOf({ method, path: sample(path), query: {}, headers: {} }).name),
      ),
    );
    // SageMaker's container path is told from MLflow's by a header.
    expect([...owners].sort()).toEqual([...PROTOCOLS.map(({ name }) => name), 'none'].sort());
  });

  it('leaves open only what a probe asks', () => {
    const open = ACCESS_ROUTES.filter(({ role }) => role === 'open').map(({ path }) =>
      path.replace(/^\/seldon.*(?=\/(?:ready|live|health))/, ''),
    );
    expect([...new Set(open)].sort()).toEqual([
      '/',
      '/health',
      '/health/ping',
      '/health/status',
      '/live',
      '/ping',
      '/ready',
      '/v2/health/live',
      '/v2/health/ready',
    ]);
  });
});
