import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { PlatformError } from '../errors.ts';
import type { EndpointProbe } from '../ports.ts';
import { ServedRelease } from '../served-release.ts';
import { clientConfig } from './client-config.ts';

/** As long as a cold start with its models may take. */
const TIMEOUT_MS = 25_000;

const Result = z.object({ statusCode: z.int(), body: z.string(), isBase64Encoded: z.boolean().default(false) });

/**
 * Asks the endpoint's function what it serves, by the event that an HTTP API would send it.
 *
 * @param functionName name or ARN, with its alias
 */
export function lambdaProbe(
  functionName: string,
  client: Pick<LambdaClient, 'send'> = new LambdaClient({ ...clientConfig(TIMEOUT_MS), maxAttempts: 2 }),
): EndpointProbe {
  return {
    report: async (model) => {
      try {
        const event = httpEvent(`/trimtab/v1/models/${encodeURIComponent(model)}/release`);
        const answer = await client.send(
          new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }),
        );
        const payload = Buffer.from(answer.Payload ?? []).toString('utf8');
        if (answer.FunctionError !== undefined)
          throw new PlatformError(`the endpoint ${functionName} failed: ${answer.FunctionError} ${payload}`);
        const { statusCode, body, isBase64Encoded } = Result.parse(JSON.parse(payload));
        if (statusCode !== 200) throw new PlatformError(`the endpoint answered ${statusCode} to ${event.rawPath}`);
        return ServedRelease.parse(JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body));
      } catch (cause) {
        if (cause instanceof PlatformError) throw cause;
        throw new PlatformError(`the endpoint ${functionName} did not answer`, { cause });
      }
    },
  };
}

/** Payload format 2.0 of an HTTP API, as far as a GET needs it. */
const httpEvent = (path: string) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  requestContext: { stage: '$default', http: { method: 'GET', path } },
});
