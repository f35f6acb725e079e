import { type CfnStage, type CorsPreflightOptions, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { accessLogGroup } from './access-log-group.ts';
import type { EndpointAuthorizers } from './endpoint-authorizers.ts';
import { type EndpointDomain, endpointDomain } from './endpoint-domain.ts';
import { addEndpointRoutes } from './endpoint-routes.ts';

/** What the API of an endpoint is made of. */
export interface EndpointApiProps {
  readonly alias: IAlias;
  readonly authorizers: EndpointAuthorizers;
  readonly corsPreflight: CorsPreflightOptions | undefined;
  /** The domain that API Gateway serves itself. */
  readonly domain: EndpointDomain | undefined;
  /** @default false */
  readonly openHealth: boolean | undefined;
  /** Requests per second of all callers together. @default 1000 */
  readonly rateLimit: number | undefined;
  readonly encryptionKey: IKey | undefined;
}

/** The HTTP API of an endpoint: its routes, its domain, its access log, its rate limit. */
export function endpointApi(scope: Construct, props: EndpointApiProps): HttpApi {
  const { alias, authorizers, corsPreflight, domain, openHealth = false, rateLimit = 1_000, encryptionKey } = props;
  // One permission for all routes: a policy of a function has room for few.
  const integration = new HttpLambdaIntegration('Integration', alias, { scopePermissionToRoute: false });
  const api = new HttpApi(scope, 'Api', {
    description: 'Trimtab inference endpoint',
    createDefaultStage: true,
    corsPreflight,
    ...(domain === undefined ? {} : { defaultDomainMapping: endpointDomain(scope, domain) }),
  });
  addEndpointRoutes(api, { integration, authorizers, preflights: corsPreflight !== undefined, openHealth });
  const access = accessLogGroup(scope, 'Access', encryptionKey);
  const stage = api.defaultStage?.node.defaultChild as CfnStage;
  stage.accessLogSettings = {
    destinationArn: access.logGroupArn,
    // Nothing of the request's content: only who, what path, and how it went.
    format: JSON.stringify({
      id: '$context.requestId',
      ip: '$context.identity.sourceIp',
      time: '$context.requestTime',
      method: '$context.httpMethod',
      path: '$context.path',
      status: '$context.status',
      ms: '$context.responseLatency',
    }),
  };
  stage.defaultRouteSettings = {
    throttlingRateLimit: rateLimit,
    throttlingBurstLimit: 2 * rateLimit,
    detailedMetricsEnabled: true,
  };
  return api;
}
