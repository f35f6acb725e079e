import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ORIGIN_HEADER } from '../../core/access/origin-header.ts';
import { FUNCTIONS } from '../../functions/index.ts';
import { httpEventOf, toHttpRequest } from '../../functions/infer/api-gateway-event.ts';
import { refusalByOrigin } from '../../functions/infer/origin.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { Checks } from '../../infra/checks.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { parseEnvironments } from '../../infra/environments.ts';
import { httpEvent } from '../lambda/events.ts';
import { type Synthesized, synthesized } from './synthesized.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/0aaa1bbb-2ccc-3ddd-4eee-5fff00001111';
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:on-call';
const EVERYTHING = {
  account: '111122223333',
  region: 'eu-central-1',
  encryptionKeyArn: KEY,
  eventBus: 'ml-events',
  network: {
    vpcId: 'vpc-0abc1234',
    subnetIds: ['subnet-0abc1234', 'subnet-0bcd1234'],
    securityGroupIds: ['sg-0abc1234'],
  },
  tracing: true,
  alarmTopics: [{ arn: TOPIC, encryptionKeyArn: KEY }, { arn: `${TOPIC}-copy` }],
  alarmOkActions: true,
  cors: { allowOrigins: ['https://app.example.com'] },
  domain: {
    name: 'models.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0aaa1bbb',
    basePath: 'ml',
    hostedZone: { id: 'Z0123ABC', name: 'example.com' },
  },
  authorization: { jwt: { issuer: 'https://example.com/issuer', audience: ['apps'] } },
  authorizers: {
    truth: { lambda: { functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:who', header: 'X-Api-Key' } },
    operate: 'iam',
    read: 'none',
  },
} as const;

describe('an environment in surroundings that are there already', () => {
  let all: Synthesized;
  let conclusions: (readonly [string, string])[];
  beforeAll(() => {
    all = synthesized((app) => {
      addTrimtab(app, DeploymentConfig.parse(EVERYTHING));
      Validations.of(app).addPlugins(new Checks(app));
    });
    const report = JSON.parse(readFileSync(path.join(all.app.outdir, 'validation-report.json'), 'utf8'));
    conclusions = report.pluginReports.map((each: { pluginName: string; conclusion: string }) => [
      each.pluginName,
      each.conclusion,
    ]);
  });
  const of = (type: string) => all.resources.filter(([, { Type }]) => Type === type);
  const properties = (type: string) => of(type).map(([, resource]) => resource.Properties);

  it('has no finding that is not acknowledged with a reason', () => {
    expect(conclusions.length).toBeGreaterThan(0);
    for (const [plugin, conclusion] of conclusions) expect(conclusion, plugin).toBe('success');
  });

  it('puts every function into the network, and lets Lambda do so and not the function’s code', () => {
    const functions = properties('AWS::Lambda::Function');
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const { VpcConfig, TracingConfig } of functions) {
      expect(VpcConfig).toEqual({
        SubnetIds: ['subnet-0abc1234', 'subnet-0bcd1234'],
        SecurityGroupIds: ['sg-0abc1234'],
      });
      expect(TracingConfig).toEqual({ Mode: 'Active' });
    }
    const statements = properties('AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const interfaces = statements.filter(({ Action }) => [Action].flat().includes('ec2:CreateNetworkInterface'));
    expect(interfaces.filter(({ Effect }) => Effect === 'Allow')).toHaveLength(FUNCTIONS.length);
    const denied = interfaces.filter(({ Effect }) => Effect === 'Deny');
    expect(denied).toHaveLength(FUNCTIONS.length);
    for (const { Condition } of denied) expect(Condition).toEqual({ Null: { 'lambda:SourceFunctionArn': 'false' } });
    expect(of('AWS::EC2::SecurityGroup')).toEqual([]);
  });

  it('encrypts with the key that is given, and makes none', () => {
    expect(of('AWS::KMS::Key')).toEqual([]);
    for (const { BucketEncryption } of properties('AWS::S3::Bucket')) {
      const [{ ServerSideEncryptionByDefault: by }] = BucketEncryption.ServerSideEncryptionConfiguration;
      expect(by.SSEAlgorithm === 'AES256' || by.KMSMasterKeyID === KEY).toBe(true);
    }
    for (const { KmsMasterKeyId } of properties('AWS::SQS::Queue')) expect(KmsMasterKeyId).toBe(KEY);
    for (const { KmsKeyArn } of properties('AWS::Lambda::Function')) expect(KmsKeyArn).toBe(KEY);
  });

  it('tells the topics that are there of every alarm that pages, and that it is over', () => {
    expect(of('AWS::SNS::Topic')).toEqual([]);
    const alarms = properties('AWS::CloudWatch::Alarm').filter(
      ({ AlarmName }) => !String(AlarmName).startsWith('trimtab.dev.'),
    );
    expect(alarms.length).toBeGreaterThan(10);
    for (const { AlarmActions, OKActions } of alarms) {
      expect(AlarmActions).toEqual([TOPIC, `${TOPIC}-copy`]);
      expect(OKActions).toEqual([TOPIC, `${TOPIC}-copy`]);
    }
    const [asked] = of('AWS::Events::Rule').filter(([id]) => id.includes('PersonNeeded'));
    expect(asked![1].Properties.Targets.map(({ Arn }: { Arn: string }) => Arn)).toEqual([TOPIC, `${TOPIC}-copy`]);
  });

  it('hears and tells Trimtab’s own events on the bus that is there, and those of AWS on the default one', () => {
    const buses = Object.fromEntries(
      of('AWS::Events::Rule').map(([, rule]) => [
        rule.Properties.EventPattern['detail-type'][0],
        rule.Properties.EventBusName,
      ]),
    );
    expect(buses).toEqual({
      'Person Needed': 'ml-events',
      'Object Created': undefined,
      'CloudWatch Alarm State Change': undefined,
    });
    const told = of('AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string }) => Action === 'events:PutEvents'),
    );
    expect(told.length).toBeGreaterThan(3);
    for (const { Resource } of told) expect(JSON.stringify(Resource)).toContain('event-bus/ml-events');
    const publishers = properties('AWS::Lambda::Function').filter(
      ({ Environment }) => Environment.Variables.TRIMTAB_BUS,
    );
    expect(publishers).toHaveLength(told.length);
    expect(all.templates['Trimtab-dev-Stateful']!.Outputs).toMatchObject({ TRIMTABBUS: { Value: 'ml-events' } });
  });

  it('is found by the domain, under its path', () => {
    expect(properties('AWS::ApiGatewayV2::DomainName')).toEqual([
      {
        DomainName: 'models.example.com',
        DomainNameConfigurations: [
          { CertificateArn: EVERYTHING.domain.certificateArn, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
        ],
        Tags: expect.anything(),
      },
    ]);
    expect(properties('AWS::ApiGatewayV2::ApiMapping')).toEqual([
      expect.objectContaining({ ApiMappingKey: 'ml', Stage: '$default' }),
    ]);
    expect(properties('AWS::Route53::RecordSet')).toEqual([
      expect.objectContaining({ Name: 'models.example.com.', Type: 'A', HostedZoneId: 'Z0123ABC' }),
    ]);
    expect(all.templates['Trimtab-dev-Serving']!.Outputs).toMatchObject({
      Url: { Value: 'https://models.example.com/ml' },
    });
    expect(endpoint().Environment.Variables).toMatchObject({ TRIMTAB_BASE_PATH: 'ml' });
  });

  it('has the authorizer of each role on its routes, and lets preflights in', () => {
    const types = Object.fromEntries(
      properties('AWS::ApiGatewayV2::Route').map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]),
    );
    expect(types).toMatchObject({
      $default: 'JWT',
      'POST /v2/models/{model}/infer': 'JWT',
      'POST /v1/models/{model}': 'JWT',
      'POST /trimtab/v1/models/{model}/truth': 'CUSTOM',
      'POST /v2/repository/models/{model}/load': 'AWS_IAM',
      'GET /{proxy+}': 'NONE',
      'OPTIONS /{proxy+}': 'NONE',
    });
    expect(properties('AWS::ApiGatewayV2::Authorizer').map((each) => each.AuthorizerType)).toEqual(['JWT', 'REQUEST']);
    expect(properties('AWS::ApiGatewayV2::Api')).toEqual([
      expect.objectContaining({
        CorsConfiguration: expect.objectContaining({
          AllowOrigins: ['https://app.example.com'],
          MaxAge: 600,
          AllowHeaders: [
            ...['authorization', 'content-type', 'traceparent', 'x-amz-date', 'x-amz-security-token'],
            'x-api-key',
          ],
        }),
      }),
    ]);
    expect(endpoint().Environment.Variables).toMatchObject({ TRIMTAB_ROLES: 'claims', TRIMTAB_OPEN_ROLES: 'read' });
  });

  const endpoint = () => of('AWS::Lambda::Function').find(([id]) => id.includes('EndpointFunction'))![1].Properties;
});

describe('a domain of several endpoints', () => {
  const { domain } = EVERYTHING;
  const existing = {
    regionalDomainName: 'd-0abc.execute-api.eu-central-1.amazonaws.com',
    regionalHostedZoneId: 'Z0ABC',
  };
  const shared = { name: domain.name, existing };

  it('is there already, and each has its own path of it', () => {
    const { resources, templates } = synthesized((app) => {
      const environments = { dev: { domain: { basePath: 'dev' } }, staging: { domain: { basePath: 'staging' } } };
      for (const config of parseEnvironments({ domain: shared, environments })) addTrimtab(app, config);
    });
    const types = resources.map(([, { Type }]) => Type);
    expect(types).not.toContain('AWS::ApiGatewayV2::DomainName');
    expect(types).not.toContain('AWS::Route53::RecordSet');
    const mappings = resources.filter(([, { Type }]) => Type === 'AWS::ApiGatewayV2::ApiMapping');
    expect(mappings.map(([, { Properties }]) => [Properties.DomainName, Properties.ApiMappingKey])).toEqual([
      [domain.name, 'dev'],
      [domain.name, 'staging'],
    ]);
    expect(templates['Trimtab-staging-Serving']!.Outputs).toMatchObject({
      Url: { Value: `https://${domain.name}/staging` },
    });
  });

  it.each([
    [
      'made twice',
      { dev: { domain }, staging: { domain: { ...domain, basePath: 'b' } } },
      /environments\.staging\.domain: models\.example\.com is made by dev already/,
    ],
    [
      'had under one path',
      { dev: { domain: shared }, staging: { domain: shared } },
      /environments\.staging\.domain: .* leads to dev already at the root/,
    ],
    [
      'made and there',
      { dev: { domain: { ...domain, existing } } },
      /environments\.dev\.domain: a name is made .* received both/,
    ],
    [
      'neither',
      { dev: { domain: { name: domain.name } } },
      /environments\.dev\.domain: a name is made .* received neither/,
    ],
  ])('is not %s', (_, environments, message) => {
    expect(() => parseEnvironments({ environments })).toThrow(message);
  });

  it('is made once in an account and region, by whatever makes it', () => {
    const twice = (app: App) => {
      addTrimtab(app, DeploymentConfig.parse({ environment: 'dev', domain }));
      addTrimtab(app, DeploymentConfig.parse({ environment: 'staging', domain: { ...domain, basePath: 'b' } }));
    };
    expect(() => synthesized((app) => twice(app))).toThrow(/both make the domain models\.example\.com/);
    expect(() =>
      synthesized((app) =>
        addTrimtab(
          app,
          DeploymentConfig.parse({
            domain: shared,
            webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/models/0aaa1bbb',
            authorization: EVERYTHING.authorization,
          }),
        ),
      ),
    ).toThrow(/a domain of CloudFront is made with it/);
  });
});

describe('a firewall in front of an endpoint', () => {
  const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/models/0aaa1bbb';
  const { authorization } = EVERYTHING;

  it('is CloudFront with it, which alone shows what the function asks for', () => {
    const { resources, templates } = synthesized((app) => {
      addTrimtab(app, DeploymentConfig.parse({ webAclArn, authorization }));
      Validations.of(app).addPlugins(new Checks(app));
    });
    const only = (type: string) => resources.filter(([, { Type }]) => Type === type).map(([, each]) => each.Properties);
    const [{ DistributionConfig: distribution }, ...more] = only('AWS::CloudFront::Distribution') as [
      Record<string, { WebACLId: string; Origins: { OriginCustomHeaders: { HeaderValue: unknown }[] }[] }>,
    ];
    expect(more).toEqual([]);
    expect(distribution!.WebACLId).toBe(webAclArn);
    const [{ HeaderValue }] = distribution!.Origins[0]!.OriginCustomHeaders as [{ HeaderValue: unknown }];
    const infer = only('AWS::Lambda::Function').find(({ Environment }) => Environment.Variables.TRIMTAB_ORIGIN_SECRET);
    const { Ref } = infer!.Environment.Variables.TRIMTAB_ORIGIN_SECRET;
    expect(JSON.stringify(HeaderValue)).toContain('resolve:secretsmanager:');
    expect(JSON.stringify(HeaderValue)).toContain(Ref);
    const readers = only('AWS::IAM::Policy').filter(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument).includes(Ref),
    );
    expect(readers).toHaveLength(1);
    expect(JSON.stringify(templates['Trimtab-dev-Serving']!.Outputs)).toContain('DomainName');
  });

  it.each([
    [
      'IAM',
      {},
      /signatures are made for the name of the API; read, predict, explain, truth, operate, all other routes/,
    ],
    [
      'a base path',
      { authorization, domain: EVERYTHING.domain },
      /no basePath; the certificate .* us-east-1, received one of eu-central-1/,
    ],
  ])('does not go together with %s', (_, more, message) => {
    expect(() => synthesized((app) => void addTrimtab(app, DeploymentConfig.parse({ webAclArn, ...more })))).toThrow(
      message,
    );
  });

  it('refuses what came past it, and not who may invoke the function itself', () => {
    const event = httpEventOf(httpEvent('POST', '/v2/models/m/infer'));
    const status = (header: string | undefined, apiId: string | undefined = 'a1') => {
      const own = {
        ...event,
        headers: { ...event.headers, [ORIGIN_HEADER]: header },
        requestContext: { ...event.requestContext, apiId },
      };
      return refusalByOrigin(own, toHttpRequest(own), 'secret')?.status;
    };
    expect([status('secret'), status('secret2'), status(''), status(undefined)]).toEqual([undefined, 403, 403, 403]);
    const { apiId: _, ...direct } = event.requestContext;
    expect(refusalByOrigin({ ...event, requestContext: direct }, toHttpRequest(event), 'secret')).toBeUndefined();
  });
});

describe('the configuration of surroundings', () => {
  it('is as docs/deploy.md shows it', () => {
    const [, example = ''] = /held by test\/infra\/surroundings\.test\.ts -->\n```json\n([\s\S]*?)```/.exec(
      readFileSync('docs/deploy.md', 'utf8'),
    )!;
    const [config] = parseEnvironments(JSON.parse(example));
    const deployed = synthesized((app) => void addTrimtab(app, config!));
    expect(deployed.templates['Trimtab-dev-Serving']!.Outputs).toMatchObject({
      Url: { Value: 'https://models.example.com/ml' },
    });
  });

  it.each([
    ['a topic that is FIFO', { alarmTopics: [{ arn: `${TOPIC}.fifo` }] }, /alarmTopics\.0\.arn: .*not FIFO, received/],
    ['an alias for a key', { encryptionKeyArn: KEY.replace('key/', 'alias/') }, /encryptionKeyArn: .*no alias/],
    ['the default bus by its name', { eventBus: 'default' }, /eventBus: the default bus is the default/],
    [
      'a base path that is the endpoint’s own',
      { domain: { ...EVERYTHING.domain, basePath: 'v2' } },
      /domain\.basePath: a base path is none of .*, received 'v2'/,
    ],
    [
      'credentials for everybody',
      { cors: { allowOrigins: ['*'], allowCredentials: true } },
      /cors: allowCredentials goes with origins that are named/,
    ],
    [
      'a page for an origin',
      { cors: { allowOrigins: ['https://a.example/x'] } },
      /cors\.allowOrigins\.0: an origin is/,
    ],
    [
      'a role that is none',
      { authorizers: { metrics: 'none' } },
      /authorizers: unrecognized key: "metrics"; allowed: read/,
    ],
    [
      'a JWT without an audience',
      { authorization: { jwt: { issuer: 'https://example.com', audience: [] } } },
      /authorization\.jwt\.audience: too small/,
    ],
    [
      'a network without subnets',
      { network: { vpcId: 'vpc-0abc1234', subnetIds: [], securityGroupIds: ['sg-0abc1234'] } },
      /subnetIds/,
    ],
  ])('refuses %s', (_, raw, message) => {
    expect(() => parseEnvironments(raw)).toThrow(message);
  });
});
