import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../infra/constructs/data-lake.ts';
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
      'S/Two: the data lake is that of environment dev, and cannot be that of prod as well',
    );
  });
});

describe('A judge', () => {
  it('goes by the data of its own environment', () => {
    const stack = new Stack(new App(), 'S', place);
    const endpoint = new ModelEndpoint(stack, 'One');
    const { lake } = new ModelEndpoint(stack, 'Two', { environmentName: 'prod' });
    expect(() => new RollbackController(stack, 'Judge', { endpoint, lake })).toThrow(
      'S/Judge: the data lake is that of environment prod, and cannot be that of dev as well',
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
