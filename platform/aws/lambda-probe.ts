import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PlatformError } from '../errors.ts';
import type { EndpointProbe } from '../ports.ts';
import { ServedRelease } from '../served-release.ts';

/**
 * Asks the endpoint's function directly what it serves, as the HTTP API would: no signature, no public address.
 *
 * @param functionArn the alias that takes the traffic
 */
export function lambdaProbe(functionArn: string, client = new LambdaClient({})): EndpointProbe {
  return {
    report: async (model) => {
      const rawPath = `/trimtab/v1/models/${encodeURIComponent(model)}/release`;
      const event = {
        version: '2.0',
        routeKey: '$default',
        rawPath,
        rawQueryString: '',
        headers: {},
        requestContext: { http: { method: 'GET', path: rawPath } },
        isBase64Encoded: false,
      };
      const answer = await client.send(
        new InvokeCommand({ FunctionName: functionArn, Payload: Buffer.from(JSON.stringify(event)) }),
      );
      const text = Buffer.from(answer.Payload ?? []).toString('utf8');
      if (answer.FunctionError) throw new PlatformError(`the endpoint failed: ${answer.FunctionError}`);
      const response = JSON.parse(text) as { statusCode?: number; body?: string };
      if (response.statusCode !== 200)
        throw new PlatformError(`the endpoint answered ${response.statusCode} to ${rawPath}`);
      return ServedRelease.parse(JSON.parse(response.body ?? ''));
    },
  };
}
