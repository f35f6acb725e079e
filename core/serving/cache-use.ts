import type { CacheUse } from './response-cache.ts';

const FREELY: CacheUse = { read: true, write: true, maxAgeMs: Number.POSITIVE_INFINITY };
const NOT_AT_ALL: CacheUse = { read: false, write: false, maxAgeMs: 0 };
const AFRESH: CacheUse = { read: false, write: true, maxAgeMs: 0 };

/**
 * What a request's `Cache-Control` allows (RFC 9111, section 5.2.1): `no-store` neither takes nor leaves an answer,
 * `no-cache` and `max-age=0` take none but leave one, `max-age=N` takes none that is older than N seconds. A max-age
 * that is no number counts as 0, as the RFC advises; other directives say nothing about answers that are fresh.
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
