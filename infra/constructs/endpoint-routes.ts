import {
  type HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  type HttpRouteIntegration,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { acknowledge } from './acknowledge.ts';
import type { EndpointAuthorizers } from './endpoint-authorizers.ts';

/** What the routes of an endpoint are made of. */
export interface EndpointRoutes {
  readonly integration: HttpRouteIntegration;
  readonly authorizers: EndpointAuthorizers;
  /** Whether browsers may ask first, without credentials, whether they may ask. */
  readonly preflights: boolean;
  /** Whether health is open to everybody. */
  readonly openHealth: boolean;
}

/** Why a route is let in without an authorizer. */
const OPEN = {
  role: 'whoever deploys has opened it to everybody',
  health: 'health says no more than whether the endpoint is alive or ready',
  preflight:
    'browsers send no credentials with it; API Gateway answers, and the function holds what is none to its roles',
} as const;

/** Adds the routes of an endpoint to its API. @throws Error when two roles share a route and have different authorizers */
export function addEndpointRoutes(api: HttpApi, { integration, authorizers, ...open }: EndpointRoutes): void {
  const { common } = authorizers;
  const all = new HttpRoute(api.node.scope!, 'All', {
    httpApi: api,
    integration,
    routeKey: HttpRouteKey.DEFAULT,
    authorizer: common,
  });
  if (common instanceof HttpNoneAuthorizer) acknowledgeOpen(all, 'role');
  const add = (method: string, path: string, authorizer: IHttpRouteAuthorizer, why: keyof typeof OPEN): void => {
    const [route] = api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer });
    if (authorizer instanceof HttpNoneAuthorizer) acknowledgeOpen(route!, why);
  };
  for (const { method, path, authorizer } of authorizers.routes())
    if (open.preflights && method === HttpMethod.OPTIONS) add(method, path, new HttpNoneAuthorizer(), 'preflight');
    else add(method, path, authorizer, 'role');
  if (open.openHealth)
    for (const path of ['/v2/health/live', '/v2/health/ready'])
      add(HttpMethod.GET, path, new HttpNoneAuthorizer(), 'health');
}

function acknowledgeOpen(route: HttpRoute, why: keyof typeof OPEN): void {
  acknowledge(route, 'AwsSolutions-APIG4', OPEN[why]);
}
