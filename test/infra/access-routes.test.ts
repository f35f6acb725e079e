import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteRole } from '../../core/access/roles.ts';
import { ACCESS_ROUTES } from '../../core/access/routes.ts';
import type { Operation, RequestHead } from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import { httpEventOf, toHttpRequest } from '../../functions/infer/api-gateway-event.ts';
import { openRoles, refusalByClaims, rolesSource } from '../../functions/infer/authorize.ts';
import { apiRoutes, invokeResources } from '../../infra/access-routes.ts';
import { httpEvent } from '../lambda/events.ts';
import { evaluate } from './iam.ts';

const API = 'arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5';
const ROLES = ['read', 'predict', 'explain', 'truth', 'operate'] as const;
type Role = (typeof ROLES)[number];

/** Whether a policy of a role's permissions lets a request through that API Gateway names so. */
const allows = (role: Role, method: string, path: string): boolean =>
  evaluate(
    {
      principal: 'arn:aws:iam::111122223333:role/caller',
      action: 'execute-api:Invoke',
      resource: `${API}/$default/${method}${path}`,
    },
    [
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: invokeResources(role).map((name) => `${API}/${name}`),
      },
    ],
  ) === 'allowed';

const NEEDS: Readonly<Record<Operation['kind'], readonly RouteRole[]>> = {
  infer: ['predict'],
  explain: ['explain'],
  feedback: ['truth'],
  repository: ['operate'],
  release: ['read'],
  describe: ['read'],
  show: ['read', 'open'],
};

/** What the function would do with a request. */
function done(method: string, rawPath: string): Operation['kind'] | undefined {
  const { path } = toHttpRequest(httpEventOf(httpEvent(method, rawPath)));
  const head: RequestHead = { method, path, query: {}, headers: {} };
  try {
    return protocolOf(head).resolve(head, {
      models: () => ['m'],
      versions: () => undefined,
      notLoaded: () => [],
      statistics: () => [],
    }).kind;
  } catch {
    return undefined;
  }
}

const sample = (path: string): string =>
  path
    .replace(/\{version\}/g, '1')
    .replace(/\{label\}/g, 'champion')
    .replace(/\{\w+\}/g, 'm');
const served = ACCESS_ROUTES.filter(({ role }) => role !== 'open' && role !== 'metrics');

describe('The permission of a role', () => {
  it('lets through what the role is for', () => {
    for (const { methods, path, role } of served)
      for (const method of methods)
        expect([method, path, allows(role as Role, method, sample(path))]).toEqual([method, path, true]);
  });

  it('lets nothing else through, however the path is put together and encoded', () => {
    const words = [
      ...new Set(served.flatMap(({ path }) => sample(path).split('/').slice(1))),
      ...['m:predict', 'm:explain', 'POST', 'PUT', 'GET', '$default', '..', '.', ''],
    ];
    const encoded = (text: string): fc.Arbitrary<string> =>
      fc.constantFrom(
        text,
        encodeURIComponent(text),
        text.replace(/./, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
        text.replaceAll('/', '%2F'),
        text.replaceAll('/', '%252F'),
      );
    const made = fc
      .array(fc.constantFrom(...words), { minLength: 1, maxLength: 9 })
      .map((parts) => `/${parts.join('/')}`);
    const routes = fc.constantFrom(...served.map(({ path }) => sample(path)));
    const joined = fc
      .tuple(
        fc.constantFrom('', '/$default', '/seldon/POST/predictions', '/predictions'),
        routes,
        fc.constantFrom('', '/', '?', '%3F'),
        routes,
      )
      .map((parts) => parts.join(''));
    const path = fc.oneof(made, routes, joined).chain(encoded);
    fc.assert(
      fc.property(
        fc.constantFrom(...ROLES),
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE'),
        path,
        (role, method, where) => {
          const kind = done(method, where);
          if (kind === undefined) return;
          // Whether the path is decoded before it is held against the policy is AWS's own affair.
          const seen = [where, decoded(where), decoded(decoded(where))];
          for (const each of seen)
            if (allows(role, method, each))
              expect(NEEDS[kind], `${role}: ${method} ${where} is ${kind}`).toContain(role);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('names the stage: a wildcard there would let one path contain another', () => {
    for (const role of ROLES) for (const name of invokeResources(role)) expect(name).toMatch(/^\$default\/[A-Z]+\//);
    expect(allows('predict', 'POST', '/seldon/POST/predictions/api/v1.0/feedback')).toBe(false);
  });

  it('has a route of the API for all that it does', () => {
    const keys = apiRoutes().map(({ method, path }) => `${method} ${path}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { methods, path } of served)
      for (const method of methods) {
        const template = path.replace(/(\{\w+\}):\w+/g, '$1');
        expect(keys).toContain(
          ['GET', 'HEAD', 'OPTIONS'].includes(method) ? `${method} /{proxy+}` : `${method} ${template}`,
        );
      }
  });
});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe('Roles of an authorizer', () => {
  const refused = (authorizer: object | undefined, method: string, path: string, apiId: string | undefined = 'a1') => {
    const event = httpEventOf(httpEvent(method, path));
    const own = { ...event, requestContext: { ...event.requestContext, authorizer, apiId } };
    return refusalByClaims(own, toHttpRequest(own))?.status;
  };
  it.each([
    [{ jwt: { claims: { scope: 'openid trimtab/predict' } } }],
    [{ jwt: { claims: { scp: '[trimtab:predict other]' } } }],
    [{ lambda: { roles: 'predict' } }],
    [{ lambda: { roles: ['predict'] } }],
  ])('are read of %j', (authorizer) => {
    expect(refused(authorizer, 'POST', '/v2/models/m/infer')).toBeUndefined();
    expect(refused(authorizer, 'POST', '/v1/models/m:predict')).toBeUndefined();
    for (const [method, path] of [
      ['POST', '/v1/models/m:explain'],
      ['POST', '/v1/models/m%3Aexplain'],
      ['POST', '/trimtab/v1/models/m/truth'],
      ['POST', '/v2/repository/models/m/load'],
      ['GET', '/v2/models'],
    ] as const)
      expect([path, refused(authorizer, method, path)]).toEqual([path, 403]);
  });
  it.each([
    undefined,
    {},
    { jwt: { claims: { scope: 'predict' } } },
    { jwt: { claims: {} } },
    { lambda: { roles: 'admin' } },
  ])('are none of %j', (authorizer) => {
    expect(refused(authorizer, 'POST', '/v2/models/m/infer')).toBe(403);
    expect(refused(authorizer, 'GET', '/v2/health/live')).toBeUndefined();
  });
  it('are not asked for of whoever IAM has let in by their signature, but of whoever writes so in another place', () => {
    expect(refused({ iam: { callerId: 'AROA:x' } }, 'POST', '/v2/models/m/infer')).toBeUndefined();
    for (const authorizer of [{ lambda: { iam: { callerId: 'x' } } }, { jwt: { claims: { iam: 'x' } } }, { iam: null }])
      expect(refused(authorizer, 'POST', '/v2/models/m/infer')).toBe(403);
  });
  it('are everybody’s where they are open, and no others', () => {
    const open = openRoles('read explain');
    const status = (method: string, path: string) => {
      const event = httpEventOf(httpEvent(method, path));
      const own = { ...event, requestContext: { ...event.requestContext, apiId: 'a1', authorizer: undefined } };
      return refusalByClaims(own, toHttpRequest(own), open)?.status;
    };
    expect(status('GET', '/v2/models/m')).toBeUndefined();
    expect(status('POST', '/v1/models/m:explain')).toBeUndefined();
    expect(status('POST', '/v1/models/m:predict')).toBe(403);
    // What a browser’s preflight may not become: a look at models.
    expect(refused(undefined, 'OPTIONS', '/models/m')).toBe(403);
    expect(() => openRoles('read write')).toThrow(/TRIMTAB_OPEN_ROLES .*, received 'write'/);
  });
  it('are not asked for of whoever may invoke the function itself', () => {
    const event = httpEventOf(httpEvent('GET', '/trimtab/v1/models/m/release'));
    const { apiId: _, ...context } = event.requestContext;
    expect(refusalByClaims({ ...event, requestContext: context }, toHttpRequest(event))).toBeUndefined();
  });
  it('come from one of two', () => {
    expect(rolesSource(undefined)).toBe('gateway');
    expect(() => rolesSource('none')).toThrow(/gateway or claims, received 'none'/);
  });
});
