import { PlatformError } from './errors.ts';

/** What S3 allows; bytes of UTF-8. */
const MAX_BYTES = 1_024;

/** The key cannot name an object. */
export class ObjectKeyError extends PlatformError {
  override readonly name = 'ObjectKeyError';
  constructor(readonly key: string) {
    super(
      `an object key is 1 to ${MAX_BYTES} bytes without control characters, lone surrogates and empty, '.' or '..' parts, ` +
        `received ${JSON.stringify(key.slice(0, 80))}`,
    );
  }
}

/** Refuses keys that would lead out of a folder, or that not every store can keep. @throws ObjectKeyError */
export function checkKey(key: string): void {
  const parts = key.split('/');
  const bad =
    Buffer.byteLength(key) > MAX_BYTES ||
    /[\p{Cc}\p{Cs}]/u.test(key) ||
    parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad) throw new ObjectKeyError(key);
}
