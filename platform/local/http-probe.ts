import { PlatformError } from '../errors.ts';
import type { EndpointProbe } from '../ports.ts';
import { ServedRelease } from '../served-release.ts';

const TIMEOUT_MS = 5_000;

/** Asks an endpoint over HTTP what it serves. */
export function httpProbe(baseUrl: string): EndpointProbe {
  return {
    report: async (model) => {
      const url = new URL(`/trimtab/v1/models/${encodeURIComponent(model)}/release`, baseUrl);
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!response.ok) throw new PlatformError(`the endpoint answered ${response.status} to ${url.pathname}`);
        return ServedRelease.parse(await response.json());
      } catch (error) {
        if (error instanceof PlatformError) throw error;
        throw new PlatformError(`the endpoint at ${url.origin} did not answer`, { cause: error });
      }
    },
  };
}
