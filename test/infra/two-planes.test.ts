import { type App, Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import { AlarmStateChange } from '../../events/schemas.ts';
import { transitionOf } from '../../functions/rollback/handler.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { ModelEndpoint } from '../../infra/constructs/model-endpoint.ts';
import { parseEnvironments } from '../../infra/environments.ts';
import { type Resource, type Synthesized, synthesized } from './synthesized.ts';

type Alarms = Readonly<Record<string, Resource['Properties']>>;

/** Alarms of a stack by the name that they have on AWS: their own, or one that CloudFormation makes. */
function alarmsOf(all: Synthesized, stack: string): { byId: Alarms; byName: Alarms } {
  const found = Object.entries(all.templates[stack]!.Resources).filter(([, r]) => r.Type === 'AWS::CloudWatch::Alarm');
  return {
    byId: Object.fromEntries(found.map(([id, { Properties }]) => [id, Properties])),
    byName: Object.fromEntries(
      found.map(([id, { Properties }]) => [Properties.AlarmName ?? `${stack}-${id}-1A2B3C4D5E6F`, Properties]),
    ),
  };
}

/** Logical ids of the alarms that a stack's deployment of code is stopped by. */
const stoppingCode = (all: Synthesized, stack: string): string[] =>
  Object.values(all.templates[stack]!.Resources)
    .filter(({ Type }) => Type === 'AWS::CodeDeploy::DeploymentGroup')
    .flatMap(({ Properties }) => Properties.AlarmConfiguration.Alarms)
    .map(({ Name }) => Name.Ref);

/** An alarm's change of state, as CloudWatch tells the bus. */
const event = (alarmName: string): AlarmStateChange =>
  AlarmStateChange.parse({
    version: '0',
    id: '1',
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    account: '111122223333',
    time: '2026-11-24T12:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: { alarmName, state: { value: 'ALARM', timestamp: '2026-11-24T12:00:00.000+0000' } },
  });

describe('the two planes of change', () => {
  let all: Synthesized;
  beforeAll(() => {
    all = synthesized((app) => addTrimtab(app, parseEnvironments({ environment: 'prod' })[0]!));
  });

  /** The rollback's rule, whose pattern is a prefix of names. */
  const rollsBack = (name: string): boolean => {
    const rules = all.resources.filter(([, r]) => r.Type === 'AWS::Events::Rule').map(([, r]) => r.Properties);
    const patterns = rules.flatMap(({ EventPattern }) => EventPattern.detail?.alarmName ?? []) as { prefix: string }[];
    expect(patterns.length).toBeGreaterThan(0);
    return patterns.some(({ prefix }) => name.startsWith(prefix));
  };

  it('watch new code by errors and latency of the new version alone: what the former does bars no way back', () => {
    const { byId } = alarmsOf(all, 'Trimtab-prod-Serving');
    const stopping = stoppingCode(all, 'Trimtab-prod-Serving').map((id) => byId[id]!);
    expect(stopping).toHaveLength(2);
    const [errors, latency] = ['Errors', 'Duration'].map(
      (metric) => stopping.find(({ MetricName }) => MetricName === metric)!,
    );
    for (const alarm of [errors!, latency!]) {
      expect(alarm.Namespace).toBe('AWS/Lambda');
      const executed = alarm.Dimensions.find(({ Name }: { Name: string }) => Name === 'ExecutedVersion');
      expect(executed.Value['Fn::GetAtt']).toEqual([
        expect.stringMatching(/^EndpointFunctionCurrentVersion/),
        'Version',
      ]);
    }
    expect(latency).toMatchObject({ ExtendedStatistic: 'p99', Threshold: 3_000, DatapointsToAlarm: 2 });
    for (const alarm of stopping) expect(alarm.TreatMissingData).toBe('notBreaching');
  });

  it('tell people of answers of 500, over old and new code, and stop no deployment by them', () => {
    const { byId } = alarmsOf(all, 'Trimtab-prod-Serving');
    const [id, alarm] = Object.entries(byId).find(
      ([, { MetricName, Statistic }]) => MetricName === '5xx' && Statistic === 'Average',
    )!;
    expect(alarm).toMatchObject({ Namespace: 'AWS/ApiGateway', Threshold: 0.05, AlarmActions: [expect.anything()] });
    expect(stoppingCode(all, 'Trimtab-prod-Serving')).not.toContain(id);
  });

  it('keep every alarm of the code from rolling a model back', () => {
    const { byId, byName } = alarmsOf(all, 'Trimtab-prod-Serving');
    const names = Object.keys(byName);
    expect(stoppingCode(all, 'Trimtab-prod-Serving').every((id) => id in byId)).toBe(true);
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names) {
      expect(rollsBack(name), name).toBe(false);
      expect(transitionOf(event(name), 'prod'), name).toBeUndefined();
    }
  });

  it('keep every alarm of a model from stopping a deployment of code', () => {
    const models = Object.keys(alarmsOf(all, 'Trimtab-prod-Monitoring').byName).filter((name) => parseAlarmName(name));
    expect(models.length).toBeGreaterThan(8);
    for (const name of models) {
      expect(rollsBack(name), name).toBe(true);
      expect(transitionOf(event(name), 'prod'), name).toMatchObject({ model: 'flight-delay', alarm: name });
    }
    const text = JSON.stringify(
      all.resources.filter(([, r]) => r.Type === 'AWS::CodeDeploy::DeploymentGroup').map(([, r]) => r.Properties),
    );
    expect(text).not.toContain('trimtab.prod.flight-delay');
  });

  it('stay apart in somebody’s stack whose name begins as ours do', () => {
    const own = synthesized((app: App) => {
      new ModelEndpoint(
        new Stack(app, 'trimtab-prod-champion-failure', { env: { account: '111122223333', region: 'eu-central-1' } }),
        'Endpoint',
      );
    });
    const names = Object.keys(alarmsOf(own, 'trimtab-prod-champion-failure').byName);
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names) expect(rollsBack(name), name).toBe(false);
    for (const name of names) expect(transitionOf(event(name), 'prod'), name).toBeUndefined();
  });
});
