import path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, EventType, type IBucket } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../infra/constructs/data-lake.ts';
import { DataValidation } from '../../infra/constructs/data-validation.ts';
import { ModelEndpoint } from '../../infra/constructs/model-endpoint.ts';
import { ModelMonitoring } from '../../infra/constructs/model-monitoring.ts';
import { ModelRegistry } from '../../infra/constructs/model-registry.ts';
import { OnCall } from '../../infra/constructs/on-call.ts';
import { RollbackController } from '../../infra/constructs/rollback-controller.ts';
import { deployedModel } from '../../infra/model-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('the constructs in somebody else’s stack', () => {
  const folder = temporaryFolder('constructs');
  let stacks = 0;
  const stackOf = (): Stack => {
    const app = new App({ outdir: path.join(folder, String(stacks++)) });
    return new Stack(app, 'Models', { env: { account: '123456789012', region: 'eu-central-1' } });
  };

  it('makes an endpoint its own registry and stores when it is given none', () => {
    const stack = stackOf();
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    new RollbackController(stack, 'Rollback', { endpoint });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    template.resourceCountIs('AWS::S3::Bucket', 3);
    const tables = Object.values(template.findResources('AWS::Lambda::Function')).map(
      (fn) => fn.Properties.Environment.Variables.TRIMTAB_TABLE,
    );
    expect(tables).toHaveLength(3);
    expect(new Set(tables.map((table) => JSON.stringify(table))).size).toBe(1);
  });

  it('holds callers to the roles that their authorizer names, unless that is IAM', () => {
    const rolesOf = (authorizer?: IHttpRouteAuthorizer): unknown => {
      const stack = stackOf();
      new ModelEndpoint(stack, 'Endpoint', authorizer === undefined ? {} : { authorizer });
      const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
      return functions.flatMap((fn) => fn.Properties.Environment.Variables.TRIMTAB_ROLES ?? [])[0];
    };
    expect(rolesOf()).toBe('gateway');
    expect(rolesOf(new HttpNoneAuthorizer())).toBe('gateway');
    expect(rolesOf(new HttpJwtAuthorizer('Users', 'https://example.com', { jwtAudience: ['apps'] }))).toBe('claims');
  });

  it('lets callers call over the API by grantInvoke, and past it by grantInvokeFunction alone', () => {
    const stack = stackOf();
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    const [scorer, probe] = ['Scorer', 'Probe'].map(
      (name) => new Role(stack, name, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    );
    endpoint.grantInvoke(scorer!);
    endpoint.grantInvokeFunction(probe!);
    const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    const granted = (role: string) =>
      policies
        .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const [call, ...more] = granted('Scorer');
    expect(more).toEqual([]);
    expect(call).toMatchObject({ Effect: 'Allow', Action: 'execute-api:Invoke' });
    const called = (call.Resource as object[]).map((arn) => JSON.stringify(arn));
    expect(called.filter((arn) => arn.includes('/$default/POST/v2/models/*/infer'))).toHaveLength(1);
    expect(called.filter((arn) => /truth|explain|GET/.test(arn))).toEqual([]);
    expect(granted('Probe')).toEqual([expect.objectContaining({ Action: 'lambda:InvokeFunction' })]);
  });

  it('refuses to let IAM grant what another authorizer decides', () => {
    const stack = stackOf();
    const endpoint = new ModelEndpoint(stack, 'Endpoint', { authorizer: new HttpNoneAuthorizer() });
    const scorer = new Role(stack, 'Scorer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => endpoint.grantInvoke(scorer)).toThrow('Models/Endpoint: grantInvoke is for what IAM authorizes');
  });

  it('has the metrics of its dashboards, and none that is not there', () => {
    const endpoint = new ModelEndpoint(stackOf(), 'Endpoint');
    expect(endpoint.metricModel('Business.delay-cost', 'flight-delay', 'challenger')).toMatchObject({
      namespace: 'Trimtab',
      metricName: 'Business.delay-cost',
      dimensions: { Environment: 'dev', Model: 'flight-delay', Variant: 'challenger' },
    });
    expect(endpoint.metricRequests()).toMatchObject({ namespace: 'AWS/ApiGateway', metricName: 'Count' });
    expect(() => endpoint.metricModel('Lateness', 'flight-delay', 'champion')).toThrow(/one of .*Latency.*received/);
    expect(() => endpoint.metricModel('ShadowDisagreement', 'flight-delay', 'shadow')).toThrow(/received 'Shadow/);
    expect(() => endpoint.metricModel('Latency', 'flight-delay', 'chalenger')).toThrow(
      "a variant is one of champion, challenger, shadow, received 'chalenger'",
    );
  });

  it('lets two endpoints of one stack have registries of their own, under names of their own', () => {
    const stack = stackOf();
    const names = ['left', 'right'];
    for (const environmentName of names) {
      const endpoint = new ModelEndpoint(stack, `Endpoint-${environmentName}`, { environmentName });
      new RollbackController(stack, `Rollback-${environmentName}`, { endpoint });
      const models = [deployedModel('models/flight-delay/v1')];
      new ModelMonitoring(stack, `Monitoring-${environmentName}`, { registry: endpoint.registry, models });
      new OnCall(stack, `OnCall-${environmentName}`).hear(stack, environmentName);
    }
    const template = Template.fromStack(stack);
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map((a) => a.Properties.AlarmName);
    expect(new Set(alarms).size).toBe(alarms.length);
    const rules = Object.values(template.findResources('AWS::Events::Rule')).map(
      (r) => r.Properties.EventPattern.detail,
    );
    expect(rules.flatMap(({ alarmName }) => alarmName ?? [])).toEqual(names.map((n) => ({ prefix: `trimtab.${n}.` })));
    expect(rules.flatMap(({ environment }) => environment ?? [])).toEqual(names);
    const unresolved = Match.stringLikeRegexp('unresolved environment');
    expect(Annotations.fromStack(stack).findWarning('*', unresolved)).toEqual([]);
  });

  it('tells whoever is on call once of each alarm, and of what a judge asks at the bus that it tells', () => {
    const stack = stackOf();
    const onCall = new OnCall(stack, 'OnCall');
    for (const _ of ['once', 'twice']) onCall.watch(stack);
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    const bus = new EventBus(stack, 'Bus');
    new RollbackController(stack, 'Rollback', { endpoint, eventBus: bus });
    onCall.hear(stack, 'dev', bus);
    const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    const told = alarms.map(({ Properties }) => (Properties.AlarmActions ?? []).length);
    expect(told.length).toBeGreaterThan(3);
    expect(new Set(told)).toEqual(new Set([1]));

    const deaf = stackOf();
    new OnCall(deaf, 'OnCall').hear(deaf, 'dev');
    const eventBus = new EventBus(deaf, 'Bus');
    new RollbackController(deaf, 'Rollback', { endpoint: new ModelEndpoint(deaf, 'Endpoint'), eventBus });
    expect(() => Template.fromStack(deaf)).toThrow(
      'OnCall.hear listens for environment dev to the default bus, and Models/Rollback tells the bus Models/Bus',
    );
  });

  it('watches alarms in a stage below', () => {
    const app = new App({ outdir: path.join(folder, String(stacks++)) });
    const env = { account: '123456789012', region: 'eu-central-1' };
    const inside = new Stack(new Stage(app, 'Stage', { env }), 'Inside', { env });
    new ModelEndpoint(inside, 'Endpoint');
    const onCallStack = new Stack(app, 'OnCall', { env });
    const topics = [Topic.fromTopicArn(onCallStack, 'Theirs', 'arn:aws:sns:eu-central-1:123456789012:on-call')];
    new OnCall(onCallStack, 'OnCall', { topics }).watch(app);
    const alarms = Object.values(Template.fromStack(inside).findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.filter(({ Properties }) => Properties.AlarmActions?.length === 1).length).toBeGreaterThan(0);
  });

  it('refuses two registries of one name in one account and region, and warns where that is not known', () => {
    const stack = stackOf();
    new ModelEndpoint(stack, 'One');
    const second = () => new ModelRegistry(stack, 'Two');
    expect(second).toThrow('Models/One/Registry and Models/Two are both of environment dev');
    const app = stack.node.root as App;
    const elsewhere = new Stack(app, 'Elsewhere', { env: { account: '123456789012', region: 'eu-west-1' } });
    new ModelRegistry(elsewhere, 'Registry');
    const nowhere = new Stack(app, 'Nowhere');
    new ModelRegistry(nowhere, 'Registry');
    const warned = Annotations.fromStack(nowhere).findWarning('/Nowhere/Registry', Match.stringLikeRegexp('maybe'));
    expect(warned.map(({ entry }) => String(entry.data))).toHaveLength(2);
    const registry = new ModelRegistry(stackOf(), 'Registry', { environmentName: 'prod' });
    const named = () => new ModelEndpoint(Stack.of(registry), 'Endpoint', { registry, environmentName: 'dev' });
    expect(named).toThrow("of environment prod, received environmentName 'dev'");
  });

  it('serves from a registry and stores of another app, known by their names', () => {
    const stack = stackOf();
    const registry = ModelRegistry.fromAttributes(stack, 'Registry', {
      tableName: 'their-table',
      artifactsBucketName: 'their-artifacts',
      environmentName: 'dev',
    });
    const lake = DataLake.fromAttributes(stack, 'Lake', {
      dataBucketName: 'their-data',
      capturesBucketName: 'their-captures',
    });
    new ModelEndpoint(stack, 'Endpoint', { registry, lake });
    new DataValidation(stack, 'Validation', { registry, lake });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TRIMTAB_TABLE: 'their-table',
          TRIMTAB_ARTIFACTS_BUCKET: 'their-artifacts',
          TRIMTAB_DATA_BUCKET: 'their-data',
          TRIMTAB_CAPTURES_BUCKET: 'their-captures',
        },
      },
    });
    const readers = Object.values(template.findResources('AWS::IAM::Policy')).filter((policy) =>
      JSON.stringify(policy).includes('table/their-table'),
    );
    expect(readers).toHaveLength(2);
  });

  it('warns about a bucket of data whose files nobody would hear of', () => {
    const warnings = (bucket: (stack: Stack) => IBucket, then?: (bucket: IBucket) => void): string[] => {
      const stack = stackOf();
      const registry = new ModelRegistry(stack, 'Registry');
      const data = bucket(stack);
      const validation = new DataValidation(stack, 'Validation', {
        registry,
        lake: { data, captures: data, environment: {} },
      });
      then?.(data);
      return Annotations.fromStack(Stack.of(validation))
        .findWarning('*', Match.anyValue())
        .map(({ entry }) => String(entry.data))
        .filter((text) => text.includes('EventBridge'));
    };
    expect(warnings((stack) => new Bucket(stack, 'Data'))).toEqual([
      expect.stringMatching(/Models\/Data has to send its events to EventBridge.*it does not.*trimtab:bucket-events/),
    ]);
    expect(warnings((stack) => Bucket.fromBucketName(stack, 'Data', 'data'))).toEqual([
      expect.stringMatching(/it is imported, so that cannot be seen here/),
    ]);
    expect(warnings((stack) => new Bucket(stack, 'Data', { eventBridgeEnabled: true }))).toEqual([]);
    expect(warnings((stack) => new DataLake(stack, 'Lake').data)).toEqual([]);
    const toQueue = (data: IBucket): void =>
      data.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(new Queue(data, 'Queue')));
    const own = (stack: Stack): IBucket => new Bucket(stack, 'Data');
    const imported = (stack: Stack): IBucket => Bucket.fromBucketName(stack, 'Data', 'data');
    expect(warnings(own, toQueue)).toEqual([expect.stringMatching(/it does not/)]);
    for (const bucket of [own, imported])
      expect(warnings(bucket, (data) => data.enableEventBridgeNotification())).toEqual([]);
  });

  it('listens to the alarms that it makes, in the environment of the registry', () => {
    const stack = stackOf();
    const registry = new ModelRegistry(stack, 'Registry', { environmentName: 'prod' });
    const endpoint = new ModelEndpoint(stack, 'Endpoint', { registry });
    new ModelMonitoring(stack, 'Monitoring', { registry, models: [deployedModel('models/flight-delay/v1')] });
    new RollbackController(stack, 'Rollback', { endpoint });
    const template = Template.fromStack(stack);
    const patterns = Object.values(template.findResources('AWS::Events::Rule')).flatMap(
      (rule) => rule.Properties.EventPattern?.detail?.alarmName ?? [],
    );
    expect(patterns).toEqual([{ prefix: 'trimtab.prod.' }]);
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
      .map(({ Properties }) => Properties)
      .filter(({ Namespace }) => Namespace === 'Trimtab');
    expect(alarms.length).toBeGreaterThan(5);
    for (const { AlarmName, Dimensions } of alarms) {
      expect(AlarmName).toMatch(
        /^(trimtab\.prod\.flight-delay\.|Trimtab-prod-(NeedsPerson|JudgeHeartbeat|BookkeepingFailure)$)/,
      );
      expect(Dimensions).toContainEqual({ Name: 'Environment', Value: 'prod' });
    }
    const dashboards = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    expect(dashboards.map(({ Properties }) => Properties.DashboardName)).toEqual(['trimtab_prod_flight-delay']);
  });

  it('refuses to roll back in a registry of another environment than the endpoint’s', () => {
    const stack = stackOf();
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    const registry = new ModelRegistry(stack, 'Other', { environmentName: 'prod' });
    expect(() => new RollbackController(stack, 'Rollback', { endpoint, registry })).toThrow(
      'the registry is of environment prod, that of the endpoint of dev',
    );
  });
});
