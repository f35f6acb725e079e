import { ArnFormat, Fn, Stack, Token } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ORIGIN_HEADER } from '../../core/access/origin-header.ts';
import { WEB_ACL } from '../surroundings/base-path.ts';
import { acknowledge } from './acknowledge.ts';
import type { EndpointAuthorizers } from './endpoint-authorizers.ts';
import { type EndpointDomain, madeDomain } from './endpoint-domain.ts';
import { keyBehind } from './key-behind.ts';

/** What a firewall is in front of. */
export interface Fronted {
  readonly api: HttpApi;
  readonly webAclArn: string;
  readonly domain: EndpointDomain | undefined;
}

/**
 * CloudFront with a firewall in front of an HTTP API, which takes none itself. What comes past it is refused by the
 * function: CloudFront alone adds a header with a secret.
 */
export class EndpointFirewall extends Construct {
  /** The secret that CloudFront shows. */
  readonly secret: Secret;

  constructor(scope: Construct, id: string, encryptionKey: IKey | undefined) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'Trimtab: by this the endpoint knows requests that came through CloudFront',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      // By its ARN alone, or the CDK would write statements of its own into the key's policy.
      encryptionKey: encryptionKey && Key.fromKeyArn(this, 'Key', keyBehind(encryptionKey).keyArn),
    });
    acknowledge(
      this.secret,
      'AwsSolutions-SMG4',
      'CloudFront learns of another secret by a deployment only: until then all requests would be refused',
    );
  }

  /** Puts the distribution in front of the API. @returns its address */
  front({ api, webAclArn, domain: own }: Fronted): string {
    const domain = own && madeDomain(this, own);
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'Trimtab inference endpoint',
      webAclId: webAclArn,
      httpVersion: HttpVersion.HTTP2,
      defaultBehavior: {
        origin: new HttpOrigin(Fn.select(2, Fn.split('/', api.apiEndpoint)), {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          // As a reference that CloudFormation resolves: the template does not hold it.
          customHeaders: { [ORIGIN_HEADER]: this.secret.secretValue.unsafeUnwrap() },
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      },
      ...(domain === undefined ? {} : { domainNames: [domain.domainName], certificate: domain.certificate }),
    });
    if (domain?.hostedZone)
      new ARecord(this, 'Record', {
        zone: domain.hostedZone,
        recordName: domain.domainName,
        target: RecordTarget.fromAlias(new CloudFrontTarget(distribution)),
      });
    for (const [rule, reason] of Object.entries(ACKNOWLEDGED))
      acknowledge(distribution, `AwsSolutions-${rule}`, reason);
    return `https://${domain?.domainName ?? distribution.distributionDomainName}`;
  }
}

const ACKNOWLEDGED = {
  CFR1: 'who may call from where is for the firewall to say',
  CFR3: 'the API logs every request that reaches it, the firewall those that do not',
  CFR4: 'CloudFront’s own name takes what CloudFront decides; a domain takes TLS 1.2 and newer',
} as const;

/** What of an endpoint does not go together with a firewall; nothing when all does. */
export function firewallProblems(
  scope: Construct,
  webAclArn: string,
  { authorizers, domain }: { readonly authorizers: EndpointAuthorizers; readonly domain: EndpointDomain | undefined },
): string[] {
  const signed = authorizers.signed;
  const certificate = domain?.certificate;
  const where =
    certificate && Stack.of(scope).splitArn(certificate.certificateArn, ArnFormat.SLASH_RESOURCE_NAME).region;
  return [
    ...(Token.isUnresolved(webAclArn) || WEB_ACL.test(webAclArn)
      ? []
      : [`webAclArn is of a global web ACL of WAFv2, which are in us-east-1, received '${webAclArn}'`]),
    ...(signed.length === 0
      ? []
      : [
          `webAclArn puts CloudFront in front, whose requests IAM cannot authorize: signatures are made for the name of the API; ${signed.join(', ')} need another authorizer`,
        ]),
    ...(domain === undefined || typeof domain.domainName === 'string'
      ? []
      : ['a domain of CloudFront is made with it, and none of API Gateway that is there already']),
    ...(domain?.basePath === undefined ? [] : ['a domain of CloudFront has no basePath']),
    ...(where === undefined || Token.isUnresolved(where) || where === 'us-east-1'
      ? []
      : [`the certificate of a domain of CloudFront is of us-east-1, received one of ${where}`]),
  ];
}
