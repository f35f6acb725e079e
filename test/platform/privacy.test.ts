import { createDecipheriv, hkdfSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLocalHome } from '../../platform/local/home.ts';
import { keysOnDemand, labelsSecretFrom, PrivacyError, privacyKeys } from '../../platform/privacy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const SECRET = 'a secret of more than thirty-two characters';
const keys = privacyKeys(SECRET);
const of = { owner: 'm', field: 'f' };

describe('privacyKeys', () => {
  it('opens what it sealed, whatever it is, and no two envelopes are alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (value, owner, field) => {
        const [one, two] = [keys.seal({ owner, field }, value), keys.seal({ owner, field }, value)];
        expect(keys.open({ owner, field }, one)).toBe(value);
        expect(one).not.toBe(two);
        expect(one).toMatch(/^enc:v1:[A-Za-z0-9_-]+$/);
        if (value.length > 3) expect(Buffer.from(one.slice(7), 'base64url').includes(value)).toBe(false);
      }),
    );
  });

  it('opens nothing under another secret, owner or field, nor what was changed', () => {
    const envelope = keys.seal(of, 'ada');
    expect(() => privacyKeys(SECRET.toUpperCase()).open(of, envelope)).toThrow(PrivacyError);
    expect(() => keys.open({ ...of, owner: 'n' }, envelope)).toThrow('not an envelope of f of n');
    expect(() => keys.open({ ...of, field: 'g' }, envelope)).toThrow(PrivacyError);
    const bytes = Buffer.from(envelope.slice(7), 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(() => keys.open(of, `enc:v1:${changed.toString('base64url')}`)).toThrow(PrivacyError);
    }
    for (const wrong of ['ada', 'enc:v1:', 'enc:v2:AAAA', envelope.slice(0, 20)])
      expect(() => keys.open(of, wrong)).toThrow(PrivacyError);
  });

  it('keeps to the format that is written down, so that others can open it', () => {
    const bytes = Buffer.from(keys.seal(of, 'Ada Lovelace').slice('enc:v1:'.length), 'base64url');
    const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'trimtab encrypt v1 ["m","f"]', 32));
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAAD(Buffer.from('["m","f"]')).setAuthTag(bytes.subarray(-16));
    expect(decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')).toBe('Ada Lovelace');
  });

  it('never uses an initialisation vector twice', () => {
    const ivs = Array.from({ length: 5_000 }, () => keys.seal(of, '').slice(7, 23));
    expect(new Set(ivs).size).toBe(5_000);
  });

  it('gives a value one pseudonym, and other fields and secrets another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (field, value, other) => {
        expect(keys.pseudonym(field, value)).toMatch(/^[A-Za-z0-9_-]{16}$/);
        expect(keys.pseudonym(field, value)).toBe(privacyKeys(SECRET).pseudonym(field, value));
        expect(keys.pseudonym(field, value)).not.toBe(privacyKeys(`${SECRET}!`).pseudonym(field, value));
        if (other !== value) expect(keys.pseudonym(field, other)).not.toBe(keys.pseudonym(field, value));
        if (other !== field) expect(keys.pseudonym(other, value)).not.toBe(keys.pseudonym(field, value));
      }),
    );
  });

  it('refuses a secret that can be guessed', () => {
    expect(() => privacyKeys('secret')).toThrow('has 6 characters, at least 32 are needed');
    expect(() => labelsSecretFrom('secret')).toThrow('has 6 characters, at least 32 are needed');
  });

  it('reads the secret once, when it is wanted, and again after a failure', async () => {
    let reads = 0;
    const demand = keysOnDemand(async () => {
      if (++reads === 1) throw new Error('not now');
      return SECRET;
    });
    expect(reads).toBe(0);
    await expect(demand()).rejects.toThrow('not now');
    const [one, two] = await Promise.all([demand(), demand()]);
    expect(one).toBe(two);
    expect(reads).toBe(2);
  });
});

describe("a local home's secret", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('key');
  });

  it('is made when it is first wanted, for its owner only, and is the same for all who come at once', async () => {
    const homes = await Promise.all(Array.from({ length: 4 }, () => openLocalHome(folder)));
    expect(() => statSync(path.join(folder, 'privacy.key'))).toThrow();
    const pseudonyms = await Promise.all(homes.map(async (home) => (await home.privacy()).pseudonym('f', 'ada')));
    expect(new Set(pseudonyms).size).toBe(1);
    expect(statSync(path.join(folder, 'privacy.key')).mode & 0o777).toBe(0o600);
    const again = await openLocalHome(folder);
    expect((await again.privacy()).pseudonym('f', 'ada')).toBe(pseudonyms[0]);
    for (const home of [...homes, again]) await home.close();
  });

  it('gives personal labels keys of their own: neither those nor the others open what both have sealed', async () => {
    const home = await openLocalHome(folder);
    const [privacy, labels] = [await home.privacy(), await home.labels()];
    const of = { owner: 'm', field: 'late' };
    expect(labels.open(of, labels.seal(of, '1'))).toBe('1');
    expect(() => privacy.open(of, labels.seal(of, '1'))).toThrow(PrivacyError);
    expect(() => labels.open(of, privacy.seal(of, '1'))).toThrow(PrivacyError);
    const again = await openLocalHome(folder);
    expect((await again.labels()).open(of, labels.seal(of, '1'))).toBe('1');
    for (const each of [home, again]) await each.close();
  });

  it('is not taken from a file that others may read', async () => {
    const home = await openLocalHome(folder);
    await home.privacy();
    await chmod(path.join(folder, 'privacy.key'), 0o644);
    const other = await openLocalHome(folder);
    await expect(other.privacy()).rejects.toThrow('may be read by others (mode 644)');
    await chmod(path.join(folder, 'privacy.key'), 0o600);
    await other.privacy();
    expect(readFileSync(path.join(folder, 'privacy.key'), 'utf8').trim()).toHaveLength(43);
    await home.close();
    await other.close();
  });
});
