import { LambdaClient } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import { PlatformError } from '../errors.ts';
import { type Fetch, serviceOf } from './service.ts';

/**
 * A fetch whose requests are signed (Signature Version 4), with credentials and region as the SDK finds them itself.
 * A host that is not AWS's, such as a domain of one's own, counts as an HTTP API in the SDK's region.
 *
 * @param profile of the AWS configuration, for region and credentials. @default those that the SDK finds
 * @throws PlatformError when there are no credentials or no region
 */
export function signedFetch(profile?: string): Fetch {
  // Any client knows where credentials are, and brings the hash along.
  const { credentials, region, sha256 } = new LambdaClient(profile === undefined ? {} : { profile }).config;
  return async (address, request = {}) => {
    const url = new URL(address);
    const of = serviceOf(url.hostname);
    const signer = new SignatureV4({
      credentials,
      region: of?.region ?? region,
      service: of?.service ?? 'execute-api',
      sha256,
    });
    const signed = await signer
      .sign({
        method: request.method ?? 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...request.headers, host: url.host },
        body: request.body,
      })
      .catch((cause) => {
        throw new PlatformError(`the request cannot be signed: ${cause instanceof Error ? cause.message : cause}`, {
          cause,
        });
      });
    // fetch sets the host itself, to the same.
    const { host: _, ...headers } = signed.headers;
    return fetch(address, { method: signed.method, headers, body: request.body });
  };
}
