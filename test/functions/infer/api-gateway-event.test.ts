import { describe, expect, it } from 'vitest';
import {
  basePath,
  type HttpEvent,
  httpEventOf,
  RESULT_LIMIT,
  resultOf,
  toHttpRequest,
} from '../../../functions/infer/api-gateway-event.ts';

const plain = (more: object) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/v2/models/m/infer',
  rawQueryString: '',
  headers: {},
  body: '{}',
  isBase64Encoded: false,
  requestContext: { http: { method: 'POST', protocol: 'HTTP/1.1' }, stage: '$default', accountId: '1' },
  ...more,
});

const event = (more: object): HttpEvent => httpEventOf(plain(more));

describe('requestOf', () => {
  it('decodes base64 bodies, so that no protocol has to', () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    expect(toHttpRequest(event({ body: bytes.toString('base64'), isBase64Encoded: true })).body).toEqual(bytes);
    expect(toHttpRequest(event({ body: '{"a":1}' })).body).toBe('{"a":1}');
    expect(toHttpRequest(event({ body: undefined })).body).toBe('');
  });

  it('decodes the path, takes a named stage off it, and leaves alone what cannot be decoded', () => {
    expect(toHttpRequest(event({ rawPath: '/v1/models/m%3Apredict' })).path).toBe('/v1/models/m:predict');
    const staged = { requestContext: { http: { method: 'GET' }, stage: 'prod' } };
    expect(toHttpRequest(event({ rawPath: '/prod/v2', ...staged })).path).toBe('/v2');
    expect(toHttpRequest(event({ rawPath: '/production', ...staged })).path).toBe('/production');
    expect(toHttpRequest(event({ rawPath: '/v1/%E0%A4' })).path).toBe('/v1/%E0%A4');
  });

  it('takes the base path of a domain off it, whether the event has it or not, and no more than a whole segment', () => {
    const path = (rawPath: string) => toHttpRequest(event({ rawPath }), basePath('ml')).path;
    expect(path('/ml/v2/models/m/infer')).toBe('/v2/models/m/infer');
    expect(path('/v2/models/m/infer')).toBe('/v2/models/m/infer');
    expect(path('/mlv2')).toBe('/mlv2');
    expect(path('/ml/ml/v2')).toBe('/ml/v2');
    expect(basePath('')).toBeUndefined();
  });

  it('takes an event with no more than it must have', () => {
    const least = { rawPath: '/v2', headers: { a: undefined }, requestContext: { http: { method: 'GET' } } };
    expect(toHttpRequest(httpEventOf(least))).toEqual({ method: 'GET', path: '/v2', query: {}, headers: {}, body: '' });
    const all = { ...least, body: null, requestContext: { ...least.requestContext, authorizer: null } };
    expect(toHttpRequest(httpEventOf(all)).body).toBe('');
  });

  it.each([
    ['the event', undefined],
    ['requestContext', { Records: [] }],
    ['requestContext.http', { requestContext: { http: null } }],
    ['rawPath', plain({ rawPath: 1 })],
    ['rawQueryString', plain({ rawQueryString: {} })],
    ['headers', plain({ headers: 'a' })],
    ['a header', plain({ headers: { a: ['b'] } })],
    ['body', plain({ body: {} })],
    ['isBase64Encoded', plain({ isBase64Encoded: 'true' })],
    ['requestContext.stage', plain({ requestContext: { http: { method: 'GET' }, stage: 1 } })],
    ['requestContext.http.method', plain({ requestContext: { http: {} } })],
    ['requestContext.http.sourceIp', plain({ requestContext: { http: { method: 'GET', sourceIp: 1 } } })],
  ])('refuses an event that is no HTTP request, for %s', (key, made) => {
    expect(() => httpEventOf(made)).toThrow(new RegExp(`^${key} is of type .*, expected an event of an HTTP API`));
  });

  it.each([
    [{ iam: 'x' }],
    [{ iam: { callerId: {}, cognitoIdentity: 7 } }],
    [{ jwt: { claims: { sub: ['a'] } } }],
    [{ lambda: { principalId: null } }],
    ['text'],
  ])('takes nobody from an authorizer that says %j', (authorizer) => {
    const requestContext = { http: { method: 'POST', sourceIp: '203.0.113.7' }, authorizer };
    expect(toHttpRequest(event({ requestContext })).caller).toBe('203.0.113.7');
  });

  it.each([
    [
      'the role, not the name of its session',
      { iam: { callerId: 'AROA1:anything', userArn: 'arn' } },
      'iam AROA1',
      'AROA1',
    ],
    ['the user', { iam: { callerId: 'AIDA2', cognitoIdentity: null } }, 'iam AIDA2', 'AIDA2'],
    [
      'the identity of Cognito',
      { iam: { callerId: 'AROA1:x', cognitoIdentity: { identityId: 'eu:7' } } },
      'iam eu:7',
      'eu:7',
    ],
    [
      'the subject of the token',
      { jwt: { claims: { iss: 'https://i', sub: 's' }, scopes: null } },
      'jwt https://i s',
      's',
    ],
    ['the client of the token', { jwt: { claims: { iss: 'i', client_id: 'c' } } }, 'jwt i c', 'c'],
    ['the principal of a Lambda authorizer', { lambda: { principalId: 'p' } }, 'principal p', 'p'],
    ['the address where an authorizer names nobody', { lambda: { plan: 'gold' } }, '203.0.113.7', undefined],
    ['the address where nobody was authenticated', undefined, '203.0.113.7', undefined],
    ['the address where that is said', null, '203.0.113.7', undefined],
  ])('takes for the caller %s, whatever the headers say', (_, authorizer, caller, principal) => {
    const requestContext = { http: { method: 'POST', sourceIp: '203.0.113.7' }, stage: '$default', authorizer };
    const headers = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1', 'x-api-key': 'k' };
    const request = toHttpRequest(event({ requestContext, headers }));
    expect([request.caller, request.principal]).toEqual([caller, principal]);
  });

  it('reads the query', () => {
    expect(toHttpRequest(event({ rawQueryString: 'a=1&b=x%20y' })).query).toEqual({ a: '1', b: 'x y' });
  });
});

describe('resultOf', () => {
  const asked = toHttpRequest(event({}));

  it('sends text as text and bytes as base64', () => {
    expect(resultOf({ status: 200, headers: { a: 'b' }, body: 'é' }, asked)).toEqual({
      statusCode: 200,
      headers: { a: 'b' },
      body: 'é',
      isBase64Encoded: false,
    });
    const bytes = new Uint8Array([9, 0, 255, 9]).subarray(1, 3);
    expect(resultOf({ status: 200, headers: {}, body: bytes }, asked)).toMatchObject({
      body: 'AP8=',
      isBase64Encoded: true,
    });
  });

  it('says so itself when an answer is more than Lambda carries, base64 and escapes counted', () => {
    const headers = { 'x-request-id': 'r', 'inference-header-content-length': '5', 'content-encoding': 'gzip' };
    for (const body of ['x'.repeat(RESULT_LIMIT), '"'.repeat(RESULT_LIMIT / 2), new Uint8Array(RESULT_LIMIT * 0.76)]) {
      const result = resultOf({ status: 200, headers, body }, asked);
      expect(result.statusCode).toBe(413);
      expect(result.headers).toEqual({ 'x-request-id': 'r', 'content-type': 'application/json' });
      expect(JSON.parse(result.body).error).toContain('fewer rows');
    }
    expect(resultOf({ status: 200, headers, body: 'x'.repeat(RESULT_LIMIT - 2) }, asked).statusCode).toBe(200);
  });
});
