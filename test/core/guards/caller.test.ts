import { describe, expect, it } from 'vitest';
import { callerOfAddress, callerOfHeader, principalOfHeader } from '../../../core/guards/caller.ts';

describe('callerOfAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:0:0:0:1.2.3.4', '2001:db8:0:0::/64'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
  ])('takes %s for %s', (address, caller) => {
    expect(callerOfAddress(address)).toBe(caller);
  });
});

describe('callerOfHeader', () => {
  it('takes the entry that the proxy itself added, not those a caller may have sent', () => {
    expect(callerOfHeader('1.1.1.1, 203.0.113.7')).toBe('203.0.113.7');
    expect(callerOfHeader('1.1.1.1,2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
  });

  it('takes a name as it is, cut where it is longer than a name is', () => {
    expect(callerOfHeader(' team-a ')).toBe('team-a');
    expect(callerOfHeader('x'.repeat(10_000))).toHaveLength(256);
  });

  it('takes all spellings of an address for one caller', () => {
    for (const same of [
      '203.0.113.7',
      '203.0.113.7:555',
      '::ffff:203.0.113.7',
      '[::ffff:cb00:7107]:80',
      '"203.0.113.7:1"',
    ])
      expect(callerOfHeader(same), same).toBe('203.0.113.7');
    for (const same of [
      '2001:db8::5',
      '2001:DB8:0::9',
      '[2001:db8::5]',
      '[2001:0db8::5]:80',
      '"[2001:db8::5%eth0]:80"',
    ])
      expect(callerOfHeader(same), same).toBe('2001:db8:0:0::/64');
  });

  it('knows nobody where there is nothing', () => {
    expect(callerOfHeader(undefined)).toBeUndefined();
    expect(callerOfHeader('1.1.1.1, ')).toBeUndefined();
  });
});

describe('principalOfHeader', () => {
  it('takes what a proxy says of who has authenticated, and no address', () => {
    expect(principalOfHeader('anybody, team-a')).toBe('team-a');
    expect(principalOfHeader('4711')).toBe('4711');
    for (const none of [
      undefined,
      '',
      'x, ',
      '203.0.113.7',
      '2001:db8::4',
      'fe80::1%eth0',
      '::ffff:1.2.3.4',
      '1.2.3.4:80',
      '[::1]:80',
    ])
      expect(principalOfHeader(none), none).toBeUndefined();
  });
});
