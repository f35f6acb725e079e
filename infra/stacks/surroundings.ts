import { Duration } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  DomainName,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Function as LambdaFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import type { RoleAuthorizers } from '../constructs/endpoint-authorizers.ts';
import type { EndpointDomain } from '../constructs/endpoint-domain.ts';
import type { FunctionOptions } from '../constructs/function-options.ts';
import type { AlarmTopic, Authorization, CorsConfig, DomainConfig, NetworkConfig } from '../surroundings/config.ts';

/** Network and tracing of the functions of a stack. */
export const functionsIn = (stack: Construct, { network, tracing }: DeploymentConfig): FunctionOptions => ({
  ...(network === undefined ? {} : networkOf(new Construct(stack, 'Network'), network)),
  ...(tracing ? { tracing: Tracing.ACTIVE } : {}),
});

function networkOf(parts: Construct, { vpcId, subnetIds, securityGroupIds }: NetworkConfig): FunctionOptions {
  return {
    // Subnets are named one by one, so nobody asks which zones there are.
    vpc: Vpc.fromVpcAttributes(parts, 'Vpc', { vpcId, availabilityZones: ['unasked'] }),
    vpcSubnets: { subnets: subnetIds.map((id) => Subnet.fromSubnetId(parts, id, id)) },
    securityGroups: securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(parts, id, id, { mutable: false })),
  };
}

export const topicsOf = (scope: Construct, topics: readonly AlarmTopic[]): ITopic[] =>
  topics.map(({ arn, encryptionKeyArn }, i) =>
    Topic.fromTopicAttributes(scope, `AlarmTopic${i}`, {
      topicArn: arn,
      ...(encryptionKeyArn === undefined ? {} : { keyArn: encryptionKeyArn }),
    }),
  );

/** Headers of requests that pages send where the configuration names none. */
const PAGE_HEADERS = ['authorization', 'content-type', 'traceparent', 'x-amz-date', 'x-amz-security-token'];

/** Headers that functions of the configuration read credentials of. */
const credentialHeaders = ({
  authorization,
  authorizers,
}: Pick<DeploymentConfig, 'authorization' | 'authorizers'>): string[] =>
  [authorization, ...Object.values(authorizers)].flatMap((said) =>
    typeof said === 'object' && 'lambda' in said ? [said.lambda.header.toLowerCase()] : [],
  );

export const preflightOf = (
  { maxAgeSeconds, allowCredentials, allowHeaders, ...rest }: CorsConfig,
  authorization: Pick<DeploymentConfig, 'authorization' | 'authorizers'>,
): CorsPreflightOptions => ({
  ...rest,
  allowHeaders: allowHeaders ?? [...new Set([...PAGE_HEADERS, ...credentialHeaders(authorization)])],
  // What the protocols know.
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.HEAD, CorsHttpMethod.POST, CorsHttpMethod.PUT],
  maxAge: Duration.seconds(maxAgeSeconds),
  ...(allowCredentials ? { allowCredentials } : {}),
});

export const domainOf = (
  scope: Construct,
  { name, certificateArn, existing, basePath, hostedZone }: DomainConfig,
): EndpointDomain => ({
  domainName:
    existing === undefined ? name : DomainName.fromDomainNameAttributes(scope, 'DomainName', { name, ...existing }),
  ...(certificateArn === undefined
    ? {}
    : { certificate: Certificate.fromCertificateArn(scope, 'Certificate', certificateArn) }),
  ...(basePath === undefined ? {} : { basePath }),
  ...(hostedZone === undefined
    ? {}
    : {
        hostedZone: HostedZone.fromHostedZoneAttributes(scope, 'HostedZone', {
          hostedZoneId: hostedZone.id,
          zoneName: hostedZone.name,
        }),
      }),
});

/** The authorizer of the endpoint, and those of single roles. The same said twice is one authorizer. */
export function authorizersOf(
  scope: Construct,
  { authorization, authorizers }: Pick<DeploymentConfig, 'authorization' | 'authorizers'>,
): { readonly authorizer: IHttpRouteAuthorizer; readonly authorizers: RoleAuthorizers } {
  const made = new Map<string, IHttpRouteAuthorizer>();
  const of = (said: Authorization): IHttpRouteAuthorizer => {
    const text = JSON.stringify(said);
    const authorizer = made.get(text) ?? authorizerOf(scope, `Authorizer${made.size}`, said);
    made.set(text, authorizer);
    return authorizer;
  };
  return {
    authorizer: of(authorization),
    authorizers: Object.fromEntries(Object.entries(authorizers).map(([role, said]) => [role, of(said)])),
  };
}

function authorizerOf(scope: Construct, id: string, said: Authorization): IHttpRouteAuthorizer {
  if (said === 'iam') return new HttpIamAuthorizer();
  if (said === 'none') return new HttpNoneAuthorizer();
  if ('jwt' in said) return new HttpJwtAuthorizer(id, said.jwt.issuer, { jwtAudience: said.jwt.audience });
  const { functionArn, cacheSeconds, header } = said.lambda;
  const handler = LambdaFunction.fromFunctionAttributes(scope, `${id}Function`, {
    functionArn,
    // Of this account, so that the API may be let in to call it.
    sameEnvironment: true,
  });
  return new HttpLambdaAuthorizer(id, handler, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: [`$request.header.${header}`],
    resultsCacheTtl: Duration.seconds(cacheSeconds),
  });
}
