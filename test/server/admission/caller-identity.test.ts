import { describe, expect, it } from 'vitest';
import { CallerIdentity, peerOf } from '../../../server/admission/caller-identity.ts';
import { TrustedProxies } from '../../../server/admission/trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '192.168.1.7', 'fd00::/8']);
const who = (identity: CallerIdentity, address: string | undefined, forwarded?: string) =>
  identity.of(peerOf(address), forwarded === undefined ? {} : { 'x-forwarded-for': forwarded });

describe('The caller behind trusted proxies', () => {
  const identity = new CallerIdentity({ proxies });

  it.each([
    ['10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['192.168.1.7', 'anything, 203.0.113.7', '203.0.113.7'],
    ['10.1.2.3', '198.51.100.1, 203.0.113.7, 10.9.9.9, 192.168.1.7', '203.0.113.7'],
    ['fd00::1', '2001:db8::5', '2001:db8:0:0::/64'],
    ['10.1.2.3', '203.0.113.7:52110, 10.4.4.4:80', '203.0.113.7'],
    ['10.1.2.3', '[2001:db8::5]:52110', '2001:db8:0:0::/64'],
    ['10.1.2.3', '10.4.4.4', '10.4.4.4'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', ' , ', '10.1.2.3'],
    // Nobody else is believed.
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['192.168.1.8', '198.51.100.1', '192.168.1.8'],
  ])('of a connection from %s that says %s is %s', (address, forwarded, caller) => {
    expect(who(identity, address, forwarded)).toEqual({ caller, principal: undefined });
  });

  it.each([
    ['for=203.0.113.7;proto=https;by=10.1.1.1', '203.0.113.7'],
    ['for=198.51.100.1, proto=http; For="203.0.113.7:4711"', '203.0.113.7'],
    ['for="[2001:db8::5]:4711", for=10.4.4.4', '2001:db8:0:0::/64'],
    ['for=unknown', 'unknown'],
    ['proto=https', '10.1.2.3'],
  ])('is who the header Forwarded names: %s is %s', (forwarded, caller) => {
    const standard = new CallerIdentity({ proxies, header: 'forwarded' });
    expect(standard.of(peerOf('10.1.2.3'), { forwarded })).toEqual({ caller, principal: undefined });
  });

  it('may be named by another header, which is a principal from a trusted proxy alone', () => {
    const named = new CallerIdentity({ proxies, header: 'x-user' });
    expect(named.of(peerOf('10.1.2.3'), { 'x-user': 'team-a' })).toEqual({ caller: 'team-a', principal: 'team-a' });
    expect(named.of(peerOf('8.8.8.8'), { 'x-user': 'team-a' })).toEqual({ caller: '8.8.8.8', principal: undefined });
  });

  it('shares a connection with others only where a proxy says who they are', () => {
    expect([identity.forwards('10.1.2.3'), identity.forwards('8.8.8.8'), identity.forwards(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(new CallerIdentity().forwards('10.1.2.3')).toBe(false);
    expect(new CallerIdentity({ header: 'x-user' }).forwards('8.8.8.8')).toBe(true);
  });

  it.each(['10.0.0.0/33', 'fd00::/129', 'nobody', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/x', ''])(
    'are not named by %j',
    (network) => {
      expect(() => new TrustedProxies([network])).toThrow(`'${network}' is no address or network`);
    },
  );
});
