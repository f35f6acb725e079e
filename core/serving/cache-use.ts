import type { CacheUse } from './response-cache.ts';

const FREELY: CacheUse = { read: true, write: true, maxAgeMs: Number.POSITIVE_INFINITY };
const NOT_AT_ALL: CacheUse = { read: false, write: false, maxAgeMs: 0 };
const AFRESH: CacheUse = { read: false, write: true, maxAgeMs: 0 };

/**
 * Reads a request's `Cache-Control` (RFC 9111, section 5.2.1). With `no-store` the cache is neither read nor written,
 * with `no-cache` and `max-age=0` it is written only, with `max-age=N` answers older than N seconds are not read. A
 * max-age that is no number counts as 0, as the RFC advises. Other directives are ignored.
 */
export function cacheUse(header: string | undefined): CacheUse {
  if (header === undefined || header === '') return FREELY;
  let use = FREELY;
  for (const part of header.toLowerCase().split(',')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === 'no-store') return NOT_AT_ALL;
    if (name === 'no-cache') use = AFRESH;
    else if (name === 'max-age' && use.read) {
      const seconds = /^"?(\d{1,9})"?$/.exec(value ?? '')?.[1];
      use = seconds === undefined || Number(seconds) === 0 ? AFRESH : { ...FREELY, maxAgeMs: 1000 * Number(seconds) };
    }
  }
  return use;
}
