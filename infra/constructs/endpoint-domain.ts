import { type DomainMappingOptions, DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { basePathProblem } from '../surroundings/base-path.ts';

/** A domain of your own for an endpoint. */
export interface EndpointDomain {
  /** The whole name, such as models.example.com. */
  readonly domainName: string;
  /** Its certificate, of the region of the endpoint. */
  readonly certificate: ICertificate;
  /** Path under which the endpoint is there, such as `ml`, beside other APIs of the domain. @default the root */
  readonly basePath?: string;
  /** Zone of Route 53 that gets a record of the name. @default none; the name leads to the API by a record of yours */
  readonly hostedZone?: IHostedZone;
}

/** The name, by which the API is found, and its record. @throws Error when the base path is none */
export function endpointDomain(scope: Construct, domain: EndpointDomain): DomainMappingOptions {
  const problem = domain.basePath === undefined ? undefined : basePathProblem(domain.basePath);
  if (problem !== undefined) throw new Error(`${scope.node.path}: ${problem}`);
  const parts = new Construct(scope, 'Domain');
  const domainName = new DomainName(parts, 'Name', {
    domainName: domain.domainName,
    certificate: domain.certificate,
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
  if (domain.hostedZone)
    new ARecord(parts, 'Record', {
      zone: domain.hostedZone,
      recordName: domain.domainName,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(domainName.regionalDomainName, domainName.regionalHostedZoneId),
      ),
    });
  return { domainName, ...(domain.basePath === undefined ? {} : { mappingKey: domain.basePath }) };
}
