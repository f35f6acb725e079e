import { describe, expect, it } from 'vitest';
import { readSettings } from '../../server/settings.ts';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;
const boundsOf = (memory: number, flags = {}, env = {}) => {
  const { requestBytes, queueBytes } = readSettings(flags, env, memory);
  return [requestBytes / MEGABYTE, queueBytes / MEGABYTE];
};

describe('readSettings', () => {
  it('keeps room for bodies by the memory that there is, shared among the processes', () => {
    expect(boundsOf(64 * GIGABYTE)).toEqual([512, 256]);
    expect(boundsOf(GIGABYTE)).toEqual([128, 64]);
    expect(boundsOf(GIGABYTE, { processes: '4' })).toEqual([32, 16]);
  });

  it('always has room for one body', () => {
    expect(boundsOf(16 * MEGABYTE)).toEqual([6, 6]);
    expect(boundsOf(16 * MEGABYTE, { bodyMegabytes: '20' })).toEqual([20, 20]);
  });

  it('takes what was given as it is', () => {
    const env = { TRIMTAB_SERVE_QUEUE_MEGABYTES: '200' };
    expect(boundsOf(GIGABYTE, { requestMegabytes: '400' }, env)).toEqual([400, 200]);
  });

  it('has as many connections as memory allows, unless it was told', () => {
    const most = (memory: number, flags = {}) => readSettings(flags, {}, memory).maxConnections;
    expect([most(64 * GIGABYTE), most(512 * MEGABYTE), most(16 * MEGABYTE)]).toEqual([10_000, 2_048, 256]);
    expect(most(512 * MEGABYTE, { processes: '4' })).toBe(512);
    expect(most(512 * MEGABYTE, { maxConnections: '5000' })).toBe(5_000);
  });

  it('reads which proxies are trusted, and says what is no network', () => {
    const { trustedProxies } = readSettings({ trustedProxies: '10.0.0.0/8, ::1' }, {});
    expect(['10.2.3.4', '::1', '11.0.0.1'].map((address) => trustedProxies!.has(address))).toEqual([true, true, false]);
    expect(() => readSettings({}, { TRIMTAB_SERVE_TRUSTED_PROXIES: '10.0.0.0/8,proxy' })).toThrow(
      "TRIMTAB_SERVE_TRUSTED_PROXIES is '10.0.0.0/8,proxy': 'proxy' is no address or network",
    );
    expect(() => readSettings({ callerShare: '0' }, {})).toThrow('--caller-share');
  });

  it.each([
    [{ host: '0.0.0.0' }, /--host is '0.0.0.0', where others can reach it.*--tokens FILE.*--insecure/],
    [{ host: '0.0.0.0', insecure: 'false' }, /--insecure/],
    [{ host: '::' }, /--host is '::'/],
    [{ host: '0.0.0.0', tlsCert: 'c', tlsKey: 'k' }, /nobody is asked who they are/],
    [{ tlsCert: 'c' }, /--tls-key is missing/],
    [{ tlsKey: 'k' }, /--tls-cert is missing/],
    [{ tlsClientCa: 'a' }, /--tls-cert and --tls-key are missing/],
    [{ insecure: 'perhaps' }, /expected true or false/],
  ])('does not let in everybody who is not asked, nor half of a setting: %j', (flags, message) => {
    expect(() => readSettings(flags, {})).toThrow(message);
  });

  it('says that a number has no unit', () => {
    const message = "--run-timeout is '5s': expected a number and no unit (seconds after";
    expect(() => readSettings({ runTimeout: '5s' }, {})).toThrow(message);
  });

  it.each([
    [{ host: '0.0.0.0', insecure: true }, {}],
    [{ host: '0.0.0.0' }, { TRIMTAB_SERVE_INSECURE: 'true' }],
    [{ host: '0.0.0.0', tokens: 'tokens.json' }, {}],
    [{ host: '0.0.0.0', tlsCert: 'c', tlsKey: 'k', tlsClientCa: 'a' }, {}],
    [{ host: '127.0.0.1' }, {}],
    [{ host: '::1' }, {}],
  ])('lets it start where they are, or where it is told: %j %j', (flags, env) => {
    expect(readSettings(flags, env).host).toBe(flags.host);
  });
});
