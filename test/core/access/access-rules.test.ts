import { describe, expect, it } from 'vitest';
import { certificateNames } from '../../../core/access/certificate-names.ts';
import { isCurrent, parseCredentials } from '../../../core/access/credentials.ts';
import { isLoopback, originCheck } from '../../../core/access/origins.ts';

const HASH = `sha256:${'0a'.repeat(32)}`;
const entry = { name: 'ci', roles: ['predict'], hash: HASH };
const parse = (...tokens: object[]) => parseCredentials(JSON.stringify({ tokens }), 'tokens.json');

describe('The file of credentials', () => {
  it('has a name, roles, and a hash or a certificate', () => {
    const certificate = {
      name: 'web',
      roles: ['read', 'truth'],
      certificate: 'DNS:web.example.com',
      models: ['flight-delay'],
    };
    expect(parse(entry, certificate).tokens).toEqual([entry, certificate]);
  });

  it.each([
    [{ ...entry, roles: ['admin'] }, /roles.0.*read.*predict/],
    [{ ...entry, roles: [] }, /roles/],
    [{ ...entry, role: 'read' }, /role/],
    [{ name: 'ci', roles: ['read'] }, /one of hash and certificate/],
    [{ ...entry, certificate: 'CN=a' }, /one of hash and certificate/],
    [{ ...entry, certificate: 'O=a', hash: undefined }, /CN=, DNS:, URI: or email:/],
    [{ ...entry, expires: 'tomorrow' }, /expires/],
    [{ ...entry, name: '../x' }, /a name is 1 to 64/],
  ])('refuses %j', (bad, message) => {
    expect(() => parse(bad)).toThrow(message);
  });

  it('never shows what stands for a hash: it may be the token', () => {
    const told = (() => {
      try {
        parse({ ...entry, hash: 'tt_secret' });
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(told).toMatch(/tokens.0.hash: is sha256:/);
    expect(told).not.toContain('tt_secret');
    expect(() => parseCredentials('tt_secret', 'tokens.json')).toThrow(/^tokens.json is not JSON$/);
  });

  it('refuses two of one name, hash or certificate', () => {
    expect(() => parse(entry, entry)).toThrow(/name ci is there twice/);
    expect(() => parse(entry, { ...entry, name: 'other' })).toThrow(/is there twice/);
  });

  it('knows what has expired', () => {
    const now = Date.parse('2026-06-01T00:00:00Z');
    expect(isCurrent({}, now)).toBe(true);
    expect(isCurrent({ expires: '2026-06-01T00:00:01Z' }, now)).toBe(true);
    expect(isCurrent({ expires: '2026-06-01T00:00:00Z' }, now)).toBe(false);
  });
});

describe('Host and Origin', () => {
  const loopback = originCheck({
    host: '127.0.0.1',
    hosts: ['models.test'],
    origins: ['https://app.example.com'],
    scheme: 'http',
  });
  it.each([
    ['localhost:8080', undefined],
    ['LOCALHOST', undefined],
    ['127.0.0.1:1', undefined],
    ['[::1]:8080', undefined],
    ['models.test:80', undefined],
    ['localhost:8080', 'http://localhost:8080'],
    ['localhost:8080', 'https://app.example.com'],
  ])('lets in %s from %s', (host, origin) => {
    expect(loopback(host, origin)).toBeUndefined();
  });
  it.each([
    ['evil.example.com:8080', undefined, /names another server/],
    [undefined, undefined, /names another server/],
    ['localhost.evil.com', undefined, /names another server/],
    ['127.0.0.1:80@evil', undefined, /names another server/],
    ['localhost:8080', 'http://evil.example.com', /another origin/],
    ['localhost:8080', 'http://localhost:3000', /another origin/],
    ['localhost:8080', 'https://localhost:8080', /another origin/],
    ['localhost:8080', 'null', /another origin/],
  ])('keeps out %s from %s', (host, origin, words) => {
    expect(loopback(host, origin)).toMatch(words);
  });
  it('takes any name elsewhere than on loopback, unless names are said, and no foreign page', () => {
    const open = originCheck({ host: '0.0.0.0', hosts: [], origins: [], scheme: 'https' });
    expect(open('models.internal', undefined)).toBeUndefined();
    expect(open('models.internal', 'https://models.internal')).toBeUndefined();
    expect(open('models.internal', 'https://evil.example.com')).toMatch(/another origin/);
    const named = originCheck({ host: '0.0.0.0', hosts: ['models.internal'], origins: [], scheme: 'https' });
    expect(named('10.0.0.7:8080', undefined)).toMatch(/names another server/);
  });
  it.each([
    ['127.0.0.1', true],
    ['127.9.8.7', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example.com', false],
    ['10.0.0.1', false],
  ])('knows whether %s is loopback: %s', (host, is) => {
    expect(isLoopback(host)).toBe(is);
  });
});

describe('certificateNames', () => {
  it('reads the subject and the alternative names, and is not fooled by names with commas in them', () => {
    expect(
      certificateNames({
        subject: { CN: 'ci' },
        subjectaltname: 'DNS:a.example.com, IP Address:10.0.0.1, URI:spiffe://x/y, DNS:"b, DNS:admin.example.com"',
      }),
    ).toEqual(['CN=ci', 'DNS:a.example.com', 'URI:spiffe://x/y', 'DNS:b, DNS:admin.example.com']);
    expect(certificateNames({ subject: { CN: ['a', 'b'] } })).toEqual([]);
    expect(certificateNames({})).toEqual([]);
  });
});
