import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../core/manifest/manifest.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { Caller } from '../../demo/client.ts';
import { readFlights } from '../../demo/flights.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import { signedFetch } from '../../platform/aws/signed-fetch.ts';
import type { Home } from '../../platform/ports.ts';
import { becomeAdministrator } from './administrator.ts';
import { AlarmSimulator } from './alarm-simulator.ts';
import { copyWithout } from './assembly.ts';
import { bootstrap, cdk, deploy } from './cdk.ts';
import { type Clients, clients } from './clients.ts';
import { EXAMPLE, MODEL, PERIOD_SECONDS, watchedEvery } from './deployed-fixture.ts';
import { ACCOUNT, belowPath, REGION, trimtab } from './deployment.ts';
import { REFUSED, UNKNOWN_CONDITIONS } from './emulator-gaps.ts';
import { errorLogs } from './error-logs.ts';
import { route } from './event-router.ts';
import { EventTap } from './event-tap.ts';
import { eventually } from './eventually.ts';
import { LogForwarder } from './log-forwarder.ts';
import { putSamples } from './samples.ts';
import { SIDES, type Side, STACK } from './two-endpoints-names.ts';

/** A model that the deployment knows nothing of. */
const NEWCOMER = 'newcomer';
const FUNCTION = 'AWS::Lambda::Function';

/** One of the two, and what its user and this test hold in their hands. */
interface Held {
  readonly environment: Readonly<Record<string, string>>;
  readonly home: Home;
  readonly caller: Caller;
  readonly alarms: AlarmSimulator;
}

/**
 * Two registries, two endpoints and two judges in one stack, with a model of the same name in both: what happens on one
 * side is answered there alone. And a model that was registered after the deployment is looked after like the others.
 */
describe('two endpoints of one stack', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-two-endpoints-'));
  const assembly = path.join(folder, 'emulated.out');
  const models = [1, 2].map((n) => watchedEvery(PERIOD_SECONDS, `${EXAMPLE}/v${n}`, path.join(folder, `v${n}`)));
  const { contract } = Manifest.parse(JSON.parse(readFileSync(`${models[0]}/model.json`, 'utf8')));
  const held = {} as Record<Side, Held>;
  let all: Clients;
  let tap: EventTap;
  let forwarder: LogForwarder;

  beforeAll(async () => {
    await becomeAdministrator();
    all = clients();
    const app = 'node --import tsx test/aws/two-endpoints-app.ts';
    const output = path.join(folder, 'cdk.out');
    await cdk(['synth', '--quiet', '--app', app, '--output', output, '-c', `model=${models[0]}`]);
    copyWithout(output, assembly, { refused: REFUSED, unknown: UNKNOWN_CONDITIONS });
    await bootstrap(`aws://${ACCOUNT}/${REGION}`, assembly);
    const { [STACK]: outputs } = await deploy(assembly, [STACK]);
    tap = await EventTap.open(all, ['trimtab']);
    forwarder = new LogForwarder(all.logs, all.cloudwatch, all.firehose);
    for (const side of SIDES) {
      const value = (name: string): string => outputs![`${side}${name.replaceAll('_', '')}`]!;
      const names = ['ENVIRONMENT', 'TABLE', 'ARTIFACTS_BUCKET', 'DATA_BUCKET', 'CAPTURES_BUCKET'];
      const environment = {
        TRIMTAB_HOME: 'aws',
        ...Object.fromEntries(names.map((name) => [`TRIMTAB_${name}`, value(`TRIMTAB_${name}`)])),
      };
      const home = await openAwsHome({ ...process.env, ...environment });
      const caller = new Caller(belowPath(value('url')), MODEL, contract.features, signedFetch());
      held[side] = { environment, home, caller, alarms: new AlarmSimulator(all, home) };
      await scheduleOfJudge(side, 'DISABLED');
    }
  }, 300_000);

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const ledgers = await Promise.all(
      SIDES.map(async (side) => [side, await entries(side), held[side].alarms.transitions]),
    );
    console.log(JSON.stringify({ ledgers, errors: await errorLogs(all) }, null, 1));
  });

  afterAll(async () => {
    for (const { home } of Object.values(held)) await home.close();
    // Whoever comes next finds the account as it was, but for what is meant to be retained.
    await cdk(['destroy', STACK, '--app', assembly, '--force']);
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  const resourceNamed = async (id: string, type: string): Promise<string> => {
    const { StackResources = [] } = await all.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: STACK }),
    );
    const named = new RegExp(`^${id}(?:[0-9A-F]{8})?$`);
    return StackResources.find((each) => each.ResourceType === type && named.test(each.LogicalResourceId!))!
      .PhysicalResourceId!;
  };

  /** The judge looks every minute, too, and would often be there before an alarm. */
  async function scheduleOfJudge(side: Side, State: 'ENABLED' | 'DISABLED'): Promise<void> {
    const Name = await resourceNamed(`${side}RollbackAdvanceSchedule0`, 'AWS::Scheduler::Schedule');
    const { ScheduleExpression, FlexibleTimeWindow, Target } = await all.scheduler.send(
      new GetScheduleCommand({ Name }),
    );
    await all.scheduler.send(
      new UpdateScheduleCommand({ Name, ScheduleExpression, FlexibleTimeWindow, Target, State }),
    );
  }

  async function entries(side: Side, model = MODEL): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const entry of held[side].home.ledger.entries(model)) found.push(entry);
    return found;
  }

  const run = async (side: Side, ...args: string[]): Promise<void> => {
    const { status, out, err } = await trimtab(held[side].environment, ...args);
    expect(status, `trimtab ${args.join(' ')} in ${side}\n${out}\n${err}`).toBe(0);
  };

  /** Alarms of both sides are evaluated until something is there. */
  const onceAlarmed = <T>(what: string, put: () => Promise<void>, look: () => Promise<T | undefined>): Promise<T> =>
    eventually(
      what,
      async () => {
        await put();
        for (const { alarms } of Object.values(held)) await alarms.evaluate();
        return look();
      },
      120,
      2_000,
    );

  it('have registries, ledgers and alarms of their own, of a model of the same name', async () => {
    for (const side of SIDES) {
      for (const model of models) await run(side, 'register', model);
      await run(side, 'approve', MODEL, '1');
      await run(side, 'release', MODEL, '1');
      await run(side, 'approve', MODEL, '2');
      await run(side, 'release', MODEL, '2', '--canary');
    }
    for (const side of SIDES) expect((await entries(side)).at(-1)).toMatchObject({ kind: 'canary-started' });
    const { artifact } = (await held.left.home.ledger.version(MODEL, 1))!;
    expect(held.left.environment.TRIMTAB_ARTIFACTS_BUCKET).not.toBe(held.right.environment.TRIMTAB_ARTIFACTS_BUCKET);
    for (const side of SIDES) expect(await held[side].home.artifacts.head(artifact.key)).toBeDefined();
  }, 120_000);

  it.each(SIDES.map((side, i) => [side, SIDES[1 - i]!] as const))(
    'take a bad canary of the %s back, and leave the %s alone',
    async (side, other) => {
      const before = await entries(other);
      const of = { environment: side, model: MODEL, metric: 'Failure' } as const;
      const put = async (): Promise<void> => {
        await putSamples(all, { ...of, variant: 'champion', version: 1, mean: 0 });
        await putSamples(all, { ...of, variant: 'challenger', version: 2, mean: 0.9 });
      };
      const aborted = await onceAlarmed('the rollback', put, async () =>
        (await entries(side)).find(({ kind }) => kind === 'canary-aborted'),
      );
      expect(aborted).toMatchObject({
        actor: 'function:rollback',
        cause: { alarm: `trimtab.${side}.${MODEL}.challenger.Failure` },
        evidence: { cause: 'model', action: 'take-back', version: 2 },
      });
      await eventually('the verification', async () =>
        (await entries(side)).find(({ kind }) => kind === 'rollback-verified'),
      );
      expect(await entries(other)).toEqual(before);
      const [flight] = await readFlights(`${EXAMPLE}/data/traffic-spring.csv`, contract.features);
      for (let i = 0; i < 10; i++) expect((await held[side].caller.v2([flight!])).version).toBe(1);
    },
    180_000,
  );

  it('still had a canary on the right while the left had taken its own back', async () => {
    const at = async (side: Side): Promise<string> =>
      (await entries(side)).find(({ kind }) => kind === 'canary-aborted')!.at;
    expect(Date.parse(await at('right'))).toBeGreaterThan(Date.parse(await at('left')));
    for (const side of SIDES)
      expect(held[side].alarms.transitions.every(({ alarm }) => alarm.split(/[.-]/)[1] === side)).toBe(true);
  });

  it('ignore an alarm of a model that is not registered, with one line and no dead letter', async () => {
    const alarmName = `trimtab.right.${NEWCOMER}.champion.Failure`;
    const timestamp = new Date().toISOString().replace('Z', '+0000');
    await route(all, {
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      resources: [`arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${alarmName}`],
      detail: {
        alarmName,
        state: { value: 'ALARM', reason: 'r', timestamp },
        previousState: { value: 'OK', timestamp },
      },
    });
    const logGroupName = await resourceNamed('rightRollbackRollbackPartsLogs', 'AWS::Logs::LogGroup');
    const lines = await eventually('the line', async () => {
      const found: string[] = [];
      for await (const { events = [] } of paginateFilterLogEvents({ client: all.logs }, { logGroupName }))
        found.push(...events.map(({ message = '' }) => message).filter((line) => line.includes(alarmName)));
      return found.length > 0 ? found : undefined;
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      message: `ignored: ${alarmName} is no alarm of this registry: no model is named ${NEWCOMER}`,
    });
    const QueueUrl = await resourceNamed('rightRollbackDeadLetters', 'AWS::SQS::Queue');
    const { Attributes } = await all.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessages: '0' });
  });

  it('ask a person about a model that was registered after the deployment: judge, metric, alarm, event', async () => {
    const newcomer = watchedEvery(PERIOD_SECONDS, `${EXAMPLE}/v1`, path.join(folder, NEWCOMER), NEWCOMER);
    await run('left', 'register', newcomer);
    await run('left', 'approve', NEWCOMER, '1');
    await run('left', 'release', NEWCOMER, '1');
    const failing = {
      environment: 'left',
      model: NEWCOMER,
      metric: 'Failure',
      variant: 'champion',
      version: 1,
    } as const;
    const FunctionName = await resourceNamed('leftRollbackAdvance', FUNCTION);
    const Payload = Buffer.from(JSON.stringify({ source: 'trimtab.schedule', time: new Date().toISOString() }));
    const paged = await onceAlarmed(
      'the page',
      async () => {
        await putSamples(all, { ...failing, mean: 0.9 });
        const { FunctionError } = await all.lambda.send(new InvokeCommand({ FunctionName, Payload }));
        expect(FunctionError).toBeUndefined();
        await forwarder.forward();
      },
      async () =>
        held.left.alarms.transitions.find(({ alarm, to }) => alarm.endsWith('-NeedsPerson') && to === 'ALARM'),
    );
    expect(paged.alarm).toBe('Trimtab-left-NeedsPerson');
    const event = await eventually('what is asked', () =>
      tap.find((e) => e['detail-type'] === 'Person Needed' && e.detail.what === 'asked' && e.detail.model === NEWCOMER),
    );
    expect(event.detail).toMatchObject({ environment: 'left' });
    // Nobody asks anything on the right, which has no such model.
    expect(tap.events.filter(({ detail }) => detail.environment === 'right' && detail.model === NEWCOMER)).toEqual([]);
    expect(held.right.alarms.transitions.filter(({ alarm }) => alarm.endsWith('-NeedsPerson'))).toEqual([]);
  }, 180_000);
});
