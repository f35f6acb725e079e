import { Stack, Token } from 'aws-cdk-lib';
import { type DomainMappingOptions, DomainName, type IDomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { basePathProblem } from '../surroundings/base-path.ts';
import { sharedPlace } from './shared-place.ts';

/** A domain of your own for an endpoint. */
export interface EndpointDomain {
  /**
   * The whole name, such as models.example.com, which is made with its record; or one of API Gateway that is there already,
   * which several APIs share under base paths, and whose record is not touched.
   */
  readonly domainName: string | IDomainName;
  /** Certificate of a name that is made, of the region of the endpoint. @default none; a name that is there has its own */
  readonly certificate?: ICertificate;
  /** Path under which the endpoint is there, such as `ml`, beside other APIs of the domain. @default the root */
  readonly basePath?: string;
  /** Zone of Route 53 that gets a record of a name that is made. @default none; the name leads to the API by a record of yours */
  readonly hostedZone?: IHostedZone;
}

/** A name that is made. */
interface MadeDomain {
  readonly domainName: string;
  readonly certificate: ICertificate;
  readonly hostedZone: IHostedZone | undefined;
}

/** Names that endpoints of each app make. */
const MADE = new WeakMap<Construct, { readonly domainName: string; readonly parts: Construct }[]>();

/** The name, by which the API is found, and its record. @throws Error when the domain is none, or another makes it */
export function endpointDomain(scope: Construct, domain: EndpointDomain): DomainMappingOptions {
  const problem = domain.basePath === undefined ? undefined : basePathProblem(domain.basePath);
  if (problem !== undefined) throw new Error(`${scope.node.path}: ${problem}`);
  const made = madeDomain(scope, domain);
  const domainName = made === undefined ? (domain.domainName as IDomainName) : makeDomain(scope, made);
  return { domainName, ...(domain.basePath === undefined ? {} : { mappingKey: domain.basePath }) };
}

/** The text of a domain's name. */
export const domainText = ({ domainName }: EndpointDomain): string =>
  typeof domainName === 'string' ? domainName : domainName.name;

/** The domain if it is to be made; undefined when it is there. @throws Error when it is neither wholly */
export function madeDomain(
  scope: Construct,
  { domainName, certificate, hostedZone }: EndpointDomain,
): MadeDomain | undefined {
  if (typeof domainName === 'string') {
    if (certificate !== undefined) {
      mustHold(scope, domainName, hostedZone);
      return { domainName, certificate, hostedZone };
    }
    throw new Error(
      `${scope.node.path}: the domain ${domainName} is made with a certificate, received none; one that is there already is given as an IDomainName`,
    );
  }
  if (certificate === undefined && hostedZone === undefined) return undefined;
  throw new Error(
    `${scope.node.path}: a domain that is there already has its certificate and record, received ${certificate === undefined ? 'hostedZone' : 'certificate'}`,
  );
}

/** @throws Error for a zone that does not hold the name: the record would be one below the zone's, and nobody would find it */
function mustHold(scope: Construct, domainName: string, zone: IHostedZone | undefined): void {
  if (zone === undefined || Token.isUnresolved(domainName) || Token.isUnresolved(zone.zoneName)) return;
  if (`.${domainName}`.endsWith(`.${zone.zoneName.replace(/\.$/, '')}`)) return;
  throw new Error(`${scope.node.path}: the zone ${zone.zoneName} does not hold the name ${domainName}`);
}

function makeDomain(scope: Construct, { domainName: name, certificate, hostedZone }: MadeDomain): DomainName {
  const parts = new Construct(scope, 'Domain');
  keepApart(parts, name);
  const domainName = new DomainName(parts, 'Name', {
    domainName: name,
    certificate,
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
  if (hostedZone)
    new ARecord(parts, 'Record', {
      zone: hostedZone,
      recordName: name,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(domainName.regionalDomainName, domainName.regionalHostedZoneId),
      ),
    });
  return domainName;
}

/** @throws Error when another endpoint of the app makes the name in the same account and region */
function keepApart(parts: Construct, domainName: string): void {
  const root = parts.node.root as Construct;
  const others = MADE.get(root) ?? [];
  const other = others.find(
    (each) => each.domainName === domainName && isOnePlace(Stack.of(each.parts), Stack.of(parts)),
  );
  if (other !== undefined)
    throw new Error(
      `${other.parts.node.path} and ${parts.node.path} both make the domain ${domainName} in one account and region, which has it once; make it once and give both the IDomainName, each with a basePath of its own`,
    );
  MADE.set(root, [...others, { domainName, parts }]);
}

/** Stacks that say nothing of where they are go where the CDK's command line points, both. */
const isOnePlace = (one: Stack, other: Stack): boolean =>
  sharedPlace(one, other) === 'shared' || one.environment === other.environment;
