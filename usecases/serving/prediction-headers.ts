import type { HttpResponse } from '../../core/serving/http.ts';
import type { Route } from '../../core/serving/route.ts';

/** A response that says which prediction it is, and whose. */
export const withPredictionHeaders = (
  { status, headers, body }: HttpResponse,
  id: string,
  route: Route,
): HttpResponse => ({
  status,
  // The spread comes last: V8 takes microseconds for one that other properties follow.
  headers: {
    'x-trimtab-prediction-id': encodeURIComponent(wellFormed(id)),
    'x-trimtab-model-version': String(route.version),
    'x-trimtab-variant': route.variant,
    ...headers,
  },
  body,
});

/** Half a surrogate pair cannot be encoded: it becomes the replacement character. */
const wellFormed = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('utf8');

/**
 * A response that says that it may rest on a release that is over.
 *
 * @param age of the copy of the release in milliseconds; infinite when the registry was never read
 */
export const withReleaseAge = (headers: HttpResponse['headers'], age: number): HttpResponse['headers'] => ({
  ...headers,
  'x-trimtab-release-age': Number.isFinite(age) ? String(Math.floor(age / 1_000)) : 'unknown',
});
