import { App, Duration, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../infra/constructs/data-lake.ts';
import { DriftDetection } from '../../infra/constructs/drift-detection.ts';
import { ModelEndpoint } from '../../infra/constructs/model-endpoint.ts';
import { ModelRegistry } from '../../infra/constructs/model-registry.ts';
import { OnCall } from '../../infra/constructs/on-call.ts';
import { RollbackController } from '../../infra/constructs/rollback-controller.ts';
import { RunbookAlarm } from '../../infra/constructs/runbook-alarm.ts';

const place = { env: { account: '123456789012', region: 'eu-central-1' } };
const imported = (stack: Stack, id: string, tableName: string, environmentName: string) =>
  ModelRegistry.fromAttributes(stack, id, { tableName, artifactsBucketName: 'artifacts', environmentName });
const alarm = (stack: Stack, id: string) =>
  new RunbookAlarm(stack, id, {
    metric: new Metric({ namespace: 'own', metricName: 'm', period: Duration.minutes(1) }),
    threshold: 1,
    says: 'something is wrong',
    runbook: 'throttles.md',
  });

describe('What an environment has one of', () => {
  it('is a judge', () => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    new RollbackController(stack, 'One', { endpoint });
    expect(() => new RollbackController(stack, 'Two', { endpoint })).toThrow(
      'the judges S/One and S/Two are both of environment dev in one account and region',
    );
  });

  it('is a registry, also of those that are imported, by whatever name it is imported', () => {
    const stack = new Stack(new App(), 'S', place);
    new ModelRegistry(stack, 'Made');
    imported(stack, 'A', 'table', 'dev');
    imported(stack, 'Again', 'table', 'dev');
    for (const id of ['Ref1', 'Ref2']) imported(stack, id, Fn.importValue('theirs'), 'eu');
    // Whether that is another only the deployment knows.
    imported(stack, 'Ref3', 'plain', 'eu');
    imported(stack, 'B', 'other', 'prod');
    expect(() => imported(stack, 'C', 'third', 'prod')).toThrow(
      'the registries S/B and S/C are both of environment prod',
    );
  });

  it.each([
    ['made', (stack: Stack) => new DataLake(stack, 'Lake')],
    [
      'imported',
      (stack: Stack, id: string) =>
        DataLake.fromAttributes(stack, id, { dataBucketName: 'data', capturesBucketName: 'captures' }),
    ],
  ])('is a data lake, one that is %s', (_, lakeOf) => {
    const stack = new Stack(new App(), 'S', place);
    const lake = lakeOf(stack, 'L1');
    new ModelEndpoint(stack, 'One', { lake });
    const again = _ === 'made' ? lake : lakeOf(stack, 'L2');
    expect(() => new ModelEndpoint(stack, 'Two', { lake: again, environmentName: 'prod' })).toThrow(
      'S/Two: the data lake is that of environment dev by S/One, and cannot be that of prod as well',
    );
  });
});

describe('A registry', () => {
  it('has one lake everywhere', () => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'One');
    expect(() => new ModelEndpoint(stack, 'Two', { registry: endpoint.registry })).toThrow(
      'S/Two: the registry of environment dev has another data lake by S/One',
    );
    const theirs = (id: string) =>
      DataLake.fromAttributes(stack, id, {
        dataBucketName: Fn.importValue('d'),
        capturesBucketName: Fn.importValue('c'),
      });
    const registry = imported(stack, 'Theirs', 'table', 'prod');
    const both = { registry, lake: theirs('L1') };
    new ModelEndpoint(stack, 'Three', both);
    new DriftDetection(stack, 'Drift', { registry, lake: theirs('L2') });
  });

  it('that shares captures alone with another is refused as well', () => {
    const stack = new Stack(new App(), 'S', place);
    const lake = (id: string, dataBucketName: string) =>
      DataLake.fromAttributes(stack, id, { dataBucketName, capturesBucketName: 'captures' });
    new ModelEndpoint(stack, 'One', { lake: lake('L1', 'one') });
    expect(() => new ModelEndpoint(stack, 'Two', { lake: lake('L2', 'two'), environmentName: 'prod' })).toThrow(
      'S/Two: the data lake is that of environment dev by S/One',
    );
  });

  it('says whose it is when it is imported, to those who write no types as well', () => {
    const stack = new Stack(new App(), 'S', place);
    const untyped = { tableName: 't', artifactsBucketName: 'a' } as Parameters<typeof ModelRegistry.fromAttributes>[2];
    expect(() => ModelRegistry.fromAttributes(stack, 'R', untyped)).toThrow("received 'undefined'");
  });
});

describe('What is granted', () => {
  const stack = new Stack(new App(), 'S', place);
  const endpoint = new ModelEndpoint(stack, 'Endpoint');
  const role = (id: string, account: string) => Role.fromRoleArn(stack, id, `arn:aws:iam::${account}:role/app`);

  it('is granted, or refused in a word', () => {
    expect(endpoint.grantInvoke(role('Own', '123456789012')).success).toBe(true);
    expect(() => endpoint.grantInvoke(role('Theirs', '999999999999'))).toThrow(
      'nothing can be granted to S/Theirs, which is of account 999999999999',
    );
    expect(() => endpoint.grantInvoke(new AccountPrincipal('999999999999'))).toThrow(
      'can be granted to a role, user or group, and not to AccountPrincipal',
    );
  });
});

describe('A bus', () => {
  const bus = (stack: Stack, arn: string) => EventBus.fromEventBusArn(stack, 'Bus', arn);
  const judgeTelling = (arn: string) => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'Endpoint');
    new RollbackController(stack, 'Judge', { endpoint, eventBus: bus(stack, arn) });
    return Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.TRIMTAB_BUS ?? [],
    );
  };

  it('of another account is told by its ARN, one of the own by its name', () => {
    const central = 'arn:aws:events:eu-central-1:999999999999:event-bus/central';
    expect(new Set(judgeTelling(central))).toEqual(new Set([central]));
    expect(new Set(judgeTelling('arn:aws:events:eu-central-1:123456789012:event-bus/own'))).toEqual(new Set(['own']));
    expect(() => judgeTelling('arn:aws:events:eu-west-1:123456789012:event-bus/own')).toThrow(
      'the bus S/Bus is of region eu-west-1, and has to be of eu-central-1',
    );
  });

  it('of another account is heard there', () => {
    const stack = new Stack(new App(), 'S', place);
    const theirs = bus(stack, 'arn:aws:events:eu-central-1:999999999999:event-bus/central');
    expect(() => new OnCall(stack, 'OnCall').hear(stack, 'dev', theirs)).toThrow(
      'the bus S/Bus is of account 999999999999, where its rules have to be made',
    );
  });

  it('that is imported twice is one', () => {
    const stack = new Stack(new App(), 'S', place);
    const [one, other] = ['A', 'B'].map((id) => EventBus.fromEventBusName(stack, id, Fn.importValue('bus')));
    new RollbackController(stack, 'Judge', { endpoint: new ModelEndpoint(stack, 'Endpoint'), eventBus: one! });
    new OnCall(stack, 'OnCall').hear(stack, 'dev', other!);
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::Events::Rule')).length).toBeGreaterThan(0);
  });
});

it.each([[5], [Number.NaN], [-1]])('An endpoint logs no share of %s', (accessLog) => {
  expect(() => new ModelEndpoint(new Stack(new App(), 'S', place), 'E', { accessLog })).toThrow(
    `the access log is none, problems, all or a share of 0 to 1, received '${accessLog}'`,
  );
});

it('Whoever is on call is told by no FIFO topic', () => {
  const stack = new Stack(new App(), 'S', place);
  const topics = [new Topic(stack, 'Fifo', { fifo: true })];
  expect(() => new OnCall(stack, 'OnCall', { topics })).toThrow('CloudWatch sends to no FIFO topic, received S/Fifo');
});

it('A zone holds the name that gets a record there', () => {
  const stack = new Stack(new App(), 'S', place);
  const certificate = Certificate.fromCertificateArn(stack, 'C', 'arn:aws:acm:eu-central-1:123456789012:certificate/c');
  const zone = (zoneName: string) =>
    HostedZone.fromHostedZoneAttributes(stack, zoneName, { hostedZoneId: 'Z1', zoneName });
  const endpoint = (id: string, zoneName: string) =>
    new ModelEndpoint(stack, id, {
      environmentName: id.toLowerCase(),
      domain: { domainName: `${id.toLowerCase()}.example.com`, certificate, hostedZone: zone(zoneName) },
    });
  expect(() => endpoint('Bad', 'ample.com')).toThrow('the zone ample.com does not hold the name bad.example.com');
  expect(() => endpoint('Good', 'example.com')).not.toThrow();
});

describe('A judge', () => {
  it('decides by the ledger that its endpoint serves by', () => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'One', { registry: imported(stack, 'A', 'table', 'dev') });
    const elsewhere = new Stack(stack, 'Apart', { env: { ...place.env, region: 'eu-west-1' } });
    const registry = imported(elsewhere, 'B', 'other', 'dev');
    expect(() => new RollbackController(stack, 'Judge', { endpoint, registry })).toThrow(
      'S/Judge: the registry is another than that of the endpoint',
    );
  });

  it('goes by the data of its own environment', () => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'One');
    const { lake } = new ModelEndpoint(stack, 'Two', { environmentName: 'prod' });
    expect(() => new RollbackController(stack, 'Judge', { endpoint, lake })).toThrow(
      'S/Judge: the registry of environment dev has another data lake by S/One',
    );
  });
});

describe('Alarms', () => {
  it('have names that CloudWatch takes, and no two of a stack the same', () => {
    const stack = new Stack(new App(), 'S', place);
    const long = 'x'.repeat(300);
    const names = ['Ab', long, `${long}y`].map((id) => alarm(stack, id).plainName);
    const inner = new Stack(stack, 'A', { stackName: 'S' });
    expect(names[0]).toBe('S-Ab');
    for (const name of names) expect(name.length).toBeLessThanOrEqual(255);
    expect(new Set(names).size).toBe(3);
    expect(alarm(inner, 'b').plainName).toBe('S-b');
  });

  it('are sent to whoever is on call also when they come later', () => {
    const stack = new Stack(new App(), 'S', place);
    new OnCall(stack, 'OnCall').watch(stack);
    alarm(stack, 'Later');
    const [found] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    expect(found!.Properties.AlarmActions).toHaveLength(1);
  });
});
