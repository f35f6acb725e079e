import * as z from 'zod';
import { PlatformError } from '../errors.ts';
import type { EndpointProbe } from '../ports.ts';

/** What an endpoint answers to `GET /trimtab/v1/models/{m}/release`. */
export const Report = z.object({
  revision: z.int().min(0),
  champion: z.int().nullable(),
  challenger: z.object({ version: z.int(), weight: z.number() }).nullable(),
});

const TIMEOUT_MS = 5_000;

/** Asks an endpoint over HTTP what it serves. */
export function httpProbe(baseUrl: string): EndpointProbe {
  return {
    report: async (model) => {
      const url = new URL(`/trimtab/v1/models/${encodeURIComponent(model)}/release`, baseUrl);
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!response.ok) throw new PlatformError(`the endpoint answered ${response.status} to ${url.pathname}`);
        return Report.parse(await response.json());
      } catch (error) {
        if (error instanceof PlatformError) throw error;
        throw new PlatformError(`the endpoint at ${url.origin} did not answer`, { cause: error });
      }
    },
  };
}
