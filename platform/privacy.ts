import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomFillSync } from 'node:crypto';
import { ENVELOPE, type FieldOf, type PrivacyKeys } from '../core/contract/personal.ts';
import { PlatformError } from './errors.ts';

/** Shortest secret: less can be guessed. */
const SHORTEST = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Characters of a pseudonym: 96 bits, so that two values never share one. */
const PSEUDONYM = 16;
/** Initialisation vectors drawn at a time: asking for 12 random bytes costs as much as encrypting with them. */
const DRAWN = 256;

/** The secret is not one, or an envelope cannot be opened. */
export class PrivacyError extends PlatformError {
  override readonly name = 'PrivacyError';
}

function assertLong(secret: string): void {
  if (secret.length < SHORTEST)
    throw new PrivacyError(`the privacy secret has ${secret.length} characters, at least ${SHORTEST} are needed`);
}

/**
 * The keys that one secret gives, by HKDF (RFC 5869, SHA-256), each for one purpose only: pseudonyms are HMAC-SHA-256
 * of field and value, cut to 96 bits; envelopes are AES-256-GCM with a key for each owner and field, which are
 * authenticated with the value, too. Initialisation vectors are random: equal values cannot be told by their
 * envelopes. With a key a field, that is sound for 2^32 values of each (NIST SP 800-38D, 8.3).
 *
 * @throws PrivacyError when the secret is too short
 */
export function privacyKeys(secret: string): PrivacyKeys {
  assertLong(secret);
  const derived = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
  const hashing = derived('trimtab pseudonym v1');
  const sealing = new Map<string, Buffer>();
  const ivs = Buffer.alloc(IV_BYTES * DRAWN);
  let used = DRAWN;

  const bound = ({ owner, field }: FieldOf): string => JSON.stringify([owner, field]);
  const keyOf = (name: string): Buffer => {
    let key = sealing.get(name);
    if (key === undefined) {
      key = derived(`trimtab encrypt v1 ${name}`);
      sealing.set(name, key);
    }
    return key;
  };
  const nextIv = (): Buffer => {
    if (used === DRAWN) {
      randomFillSync(ivs);
      used = 0;
    }
    return Buffer.from(ivs.subarray(used * IV_BYTES, ++used * IV_BYTES));
  };

  return {
    pseudonym: (field, value) =>
      createHmac('sha256', hashing)
        .update(JSON.stringify([field, value]))
        .digest('base64url')
        .slice(0, PSEUDONYM),
    seal(of, value) {
      const name = bound(of);
      const iv = nextIv();
      const cipher = createCipheriv('aes-256-gcm', keyOf(name), iv).setAAD(Buffer.from(name));
      const text = [cipher.update(value, 'utf8'), cipher.final()];
      return ENVELOPE + Buffer.concat([iv, ...text, cipher.getAuthTag()]).toString('base64url');
    },
    open(of, envelope) {
      const name = bound(of);
      const fault = `not an envelope of ${of.field} of ${of.owner} under this secret`;
      if (!envelope.startsWith(ENVELOPE)) throw new PrivacyError(`${fault}: it does not begin with ${ENVELOPE}`);
      const bytes = Buffer.from(envelope.slice(ENVELOPE.length), 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) throw new PrivacyError(`${fault}: it is cut off`);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(name), bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      }).setAAD(Buffer.from(name));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new PrivacyError(fault, { cause });
      }
    },
  };
}

let ofProcess: PrivacyKeys | undefined;

/** Keys that nobody else has and that end with the process: what they hide is told apart within it, and never found. */
export function processKeys(): PrivacyKeys {
  ofProcess ??= privacyKeys(randomBytes(KEY_BYTES).toString('hex'));
  return ofProcess;
}

/**
 * The secret of personal labels where one secret stands for both: its keys open no envelope of the secret itself, and
 * its own are opened by none of those.
 *
 * @throws PrivacyError when the secret is too short
 */
export function labelsSecretFrom(secret: string): string {
  assertLong(secret);
  return Buffer.from(hkdfSync('sha256', secret, '', 'trimtab labels v1', KEY_BYTES)).toString('base64url');
}

/** Reads the secret when it is first wanted, and again only when that failed: most starts never want it. */
export function keysOnDemand(read: () => Promise<string>): () => Promise<PrivacyKeys> {
  let reading: Promise<PrivacyKeys> | undefined;
  return () => {
    reading ??= read()
      .then(privacyKeys)
      .catch((error: unknown) => {
        reading = undefined;
        throw error;
      });
    return reading;
  };
}
