import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ListStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../../cli/story/client.ts';
import { type Flight, readFlights } from '../../cli/story/flights.ts';
import { Manifest } from '../../core/model/manifest.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { DropReport } from '../../functions/validate/report.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import { signedFetch } from '../../platform/aws/signed-fetch.ts';
import type { Home } from '../../platform/ports.ts';
import { AlarmPlayer } from './alarm-player.ts';
import { bootstrap, cdk } from './cdk.ts';
import { clients as clientsOf } from './clients.ts';
import { complaints } from './complaints.ts';
import { ACCOUNT, Deployment, REGION, STACKS, trimtab } from './deployment.ts';
import { EventTap } from './event-tap.ts';
import { REFUSED, UNKNOWN_CONDITIONS } from './gaps.ts';
import { LogCarrier } from './log-carrier.ts';
import { eventually } from './until.ts';

const MODEL = 'flight-delay';
/** Alarms of the example judge ten seconds; on a slow machine the hops that are played here take that long alone. */
const PERIOD_SECONDS = 30;
const EXAMPLE = 'models/flight-delay';
const MEMORY_MB = 1_024;
const CHANGED_MEMORY_MB = 2_048;
/** Predictions between two looks, and how many are asked for at once. */
const BATCH = 300;
const CALLERS = 3;

/**
 * The main job on what the real command line has deployed: from outside, as a user would, step after step. Signatures
 * are checked and policies applied, so that every function has the permissions of its role and no others.
 */
describe('the deployed app', () => {
  const clients = clientsOf();
  const deployment = new Deployment();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-models-'));
  const [v1, v2] = ['v1', 'v2'].map((name) =>
    watchedEvery(PERIOD_SECONDS, `${EXAMPLE}/${name}`, path.join(folder, name)),
  );
  const manifest = Manifest.parse(JSON.parse(readFileSync(`${v1}/model.json`, 'utf8')));
  const config = (memoryMb: number) => ({ models: [v1], endpoint: { memoryMb } });
  let home: Home;
  let tap: EventTap;
  let caller: Caller;
  let carrier: LogCarrier;
  let alarms: AlarmPlayer;

  beforeAll(async () => {
    await deployment.synthesize(config(MEMORY_MB));
    await bootstrap(`aws://${ACCOUNT}/${REGION}`, deployment.assembly);
    await deployment.deploy();
    home = await openAwsHome({ ...process.env, ...deployment.environment });
    tap = await EventTap.open(clients, ['trimtab', 'aws.cloudwatch']);
    caller = new Caller(deployment.url, MODEL, manifest.contract.features, signedFetch());
    carrier = new LogCarrier(clients.logs, clients.cloudwatch, clients.firehose);
    alarms = new AlarmPlayer(clients, home);
  }, 300_000);
  afterAll(async () => {
    await alarms?.stop();
    await carrier?.stop();
    await home?.close();
    deployment.close();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.log(
      JSON.stringify(
        {
          ledger: (await entries()).map(
            ({ number, at, kind, actor, reason }) => `${number} ${at} ${kind} ${actor} ${reason}`,
          ),
          alarms: alarms.transitions,
          failures: [...carrier.failures, ...alarms.failures].map(String),
          complaints: await complaints(clients),
        },
        null,
        1,
      ),
    );
  });

  const flights = (name: 'spring' | 'summer'): Promise<Flight[]> =>
    readFlights(`${EXAMPLE}/data/traffic-${name}.csv`, manifest.contract.features);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { status, out, err } = await trimtab(deployment.environment, ...args, '--json');
    expect(status, err).toBe(0);
    return JSON.parse(out) as T;
  };
  const entries = async (): Promise<Entry[]> => {
    const all: Entry[] = [];
    for await (const entry of home.ledger.entries(MODEL)) all.push(entry);
    return all;
  };
  const release = async (): Promise<ReleaseState> =>
    (await json<Record<string, ReleaseState>>('status', MODEL))[MODEL]!;
  /** Name of a function, by its stack and its id there; the CDK adds a hash to that. */
  const functionNamed = async (stack: string, id: string): Promise<string> => {
    const { StackResources = [] } = await clients.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName: STACKS.find((name) => name.endsWith(stack)) }),
    );
    return StackResources.find(
      ({ ResourceType, LogicalResourceId }) =>
        ResourceType === 'AWS::Lambda::Function' && new RegExp(`^${id}[0-9A-F]{8}$`).test(LogicalResourceId!),
    )!.PhysicalResourceId!;
  };
  /** Invokes a function as its schedule does. */
  const onSchedule = async (id: string): Promise<void> => {
    const Payload = JSON.stringify({ source: 'trimtab.schedule', time: new Date().toISOString() });
    const { FunctionError, Payload: answer } = await clients.lambda.send(
      new InvokeCommand({ FunctionName: await functionNamed('DataQuality', id), Payload: Buffer.from(Payload) }),
    );
    expect(FunctionError, Buffer.from(answer ?? []).toString()).toBeUndefined();
  };

  it('is deployed whole, less what is on the list of gaps', async () => {
    const { StackSummaries = [] } = await clients.cloudformation.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] }),
    );
    expect(StackSummaries.map(({ StackName }) => StackName)).toEqual(expect.arrayContaining(STACKS));
    // A gap that nothing falls into any more is no gap.
    const dropped = [...deployment.dropped.values()].flat();
    expect([...new Set(dropped.flatMap(({ type, sid }) => (sid === undefined ? [type] : [])))].sort()).toEqual(
      REFUSED.map(({ type }) => type).sort(),
    );
    expect(dropped.flatMap(({ sid = [] }) => sid)).toEqual(UNKNOWN_CONDITIONS.map(({ sid }) => sid));
  });

  it.each(REFUSED)('is without $type because the emulator still refuses it', async ({ type }) => {
    const StackName = `refused-${type.replaceAll('::', '-')}`;
    const TemplateBody = JSON.stringify({ Resources: { It: { Type: type, Properties: {} } } });
    await clients.cloudformation.send(new CreateStackCommand({ StackName, TemplateBody })).catch(() => undefined);
    const status = await eventually('the refusal', async () => {
      const described = await clients.cloudformation
        .send(new DescribeStacksCommand({ StackName }))
        .catch(() => ({ Stacks: [{ StackStatus: 'REFUSED' }] }));
      const found = described.Stacks?.[0]?.StackStatus;
      return found === 'CREATE_IN_PROGRESS' || found === 'ROLLBACK_IN_PROGRESS' ? undefined : found;
    });
    expect(status).not.toBe('CREATE_COMPLETE');
    await clients.cloudformation.send(new DeleteStackCommand({ StackName })).catch(() => undefined);
  });

  it('registers and releases the example by the command line', async () => {
    for (const args of [
      ['register', v1!],
      ['register', v2!],
      ['approve', MODEL, '1'],
      ['release', MODEL, '1'],
    ]) {
      const { status, err } = await trimtab(deployment.environment, ...args);
      expect(status, err).toBe(0);
    }
    expect(await release()).toMatchObject({ champion: 1, challenger: null, latest: 2 });
  });

  it('answers signed callers in version 2 and version 1 of the protocol, and no others', async () => {
    const [flight] = await flights('spring');
    const stranger = new Caller(deployment.url, MODEL, manifest.contract.features);
    await expect(stranger.v2([flight!])).rejects.toThrow('403');
    const v2 = await caller.v2([flight!], 'a-prediction-of-mine');
    expect(v2).toMatchObject({ id: 'a-prediction-of-mine', version: 1, variant: 'champion' });
    const v1 = await caller.v1([flight!]);
    expect(v1.probabilities).toEqual(v2.probabilities);
    expect(v1.probabilities[0]).toBeGreaterThan(0);
  });

  it('turns a dropped file into a dataset version, a quarantine, a report and an event', async () => {
    const body = readFileSync(`${EXAMPLE}/data/2013-07.csv`);
    const Key = `incoming/${MODEL}/2013-07.csv`;
    await clients.s3.send(new PutObjectCommand({ Bucket: deployment.outputs.TRIMTABDATABUCKET, Key, Body: body }));
    const event = await eventually('the event of the drop', () =>
      tap.find((e) => e['detail-type'] === 'Drop Validated' && e.detail.dataset === MODEL),
    );
    expect(event.detail).toMatchObject({ verdict: 'accepted', version: 1, rows: { lines: 9201, quarantined: 90 } });
    const page = String(event.detail.report);
    const report = JSON.parse(await text(page.replace('.html', '.json'))) as DropReport;
    expect(report).toMatchObject({ verdict: 'accepted', rows: { lines: 9201, accepted: 9111, quarantined: 90 } });
    expect(await text(page)).toContain('<html');
    expect(
      Buffer.from(await home.data.get(`${report.places.dataset}/data.parquet`))
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1');
    const rows = (await text(`${report.places.quarantine}/rows.jsonl`)).trimEnd().split('\n');
    expect(rows).toHaveLength(90);
    for (const row of rows) expect(JSON.parse(row)).toHaveProperty('reasons');
  });

  it('finds the drift of captured predictions that the log subscription and the delivery stream brought', async () => {
    const summer = await flights('summer');
    for (let from = 0; from < 4_000; from += 1_000) await caller.v2(summer.slice(from, from + 1_000));
    await carrier.carry();
    await eventually('a captured prediction', async () => {
      for await (const { key } of home.captures.list('captures/')) return key;
    });
    await onSchedule('Drift');
    const event = await eventually('the event of the drift', () => tap.find((e) => e['detail-type'] === 'Drift Found'));
    expect(event.detail).toMatchObject({ model: MODEL, version: 1, verdict: 'drift' });
    expect(event.detail.features).not.toHaveLength(0);
    expect(await text(String(event.detail.report))).toContain('<html');
  });

  it('takes a bad canary back: alarm, event, function, ledger, endpoint', async () => {
    expect((await trimtab(deployment.environment, 'approve', MODEL, '2')).status).toBe(0);
    expect((await trimtab(deployment.environment, 'release', MODEL, '2', '--canary')).status).toBe(0);
    await eventually('the canary at the endpoint', async () => {
      const answer = await caller.v2((await flights('summer')).slice(0, 1));
      return answer.version === 2 ? answer : undefined;
    });
    carrier.start();
    alarms.start();
    const summer = (await flights('summer')).filter(({ late }) => late !== null).slice(2_000);
    let next = 0;
    const entry = await eventually(
      'the rollback',
      async () => {
        const asked = summer.slice(next, next + BATCH);
        next += BATCH;
        const truths = (await inParallel(asked, CALLERS, (flight) => caller.v2([flight]))).map(({ id }, k) => ({
          id,
          truth: asked[k]!.late!,
        }));
        await caller.truth(truths);
        await carrier.carry();
        await onSchedule('DriftGroundTruth');
        return (await entries()).find(({ kind }) => kind === 'canary-aborted');
      },
      240,
      1_000,
    );
    console.log(`${next} predictions: ${entry.reason}`);
    expect(entry).toMatchObject({
      version: 1,
      actor: 'function:rollback',
      cause: { alarm: `trimtab-${MODEL}-challenger-wrong` },
    });
    const event = await tap.find(
      (e) => e['detail-type'] === 'CloudWatch Alarm State Change' && e.detail.alarmName === entry.cause!.alarm,
    );
    expect(event).toBeDefined();
    const verified = await eventually('the verification', async () =>
      (await entries()).find(({ kind }) => kind === 'rollback-verified'),
    );
    expect(verified.reason).toContain('seen to serve version 1 alone');
    const state = await release();
    expect(state).toMatchObject({ champion: 1, challenger: null });
    expect(state.quarantined.map(({ version }) => version)).toEqual([2]);
    for (const flight of summer.slice(0, 20)) expect((await caller.v2([flight])).version).toBe(1);
    expect(carrier.failures).toEqual([]);
    expect(alarms.failures).toEqual([]);
  }, 300_000);

  it('changes by another deployment, and goes on answering', async () => {
    const before = await clients.lambda.send(
      new GetFunctionConfigurationCommand({
        FunctionName: await functionNamed('Serving', 'EndpointFunction'),
        Qualifier: 'live',
      }),
    );
    expect(before.MemorySize).toBe(MEMORY_MB);
    await deployment.synthesize(config(CHANGED_MEMORY_MB));
    await deployment.deploy();
    const after = await clients.lambda.send(
      new GetFunctionConfigurationCommand({
        FunctionName: await functionNamed('Serving', 'EndpointFunction'),
        Qualifier: 'live',
      }),
    );
    expect(after.MemorySize).toBe(CHANGED_MEMORY_MB);
    expect(Number(after.Version)).toBeGreaterThan(Number(before.Version));
    expect((await caller.v2((await flights('spring')).slice(0, 1))).version).toBe(1);
  }, 180_000);

  it('is destroyed but for what is meant to be retained', async () => {
    await carrier.stop();
    await alarms.stop();
    const destroy = (stacks: readonly string[]): Promise<string> =>
      cdk(['destroy', ...stacks, '--app', deployment.assembly, '--force']);
    await destroy(STACKS.filter((name) => !name.endsWith('Stateful')));
    // The registry and the data are protected: it takes a second decision.
    await expect(destroy(STACKS)).rejects.toThrow(/[Tt]ermination/);
    await clients.cloudformation.send(
      new UpdateTerminationProtectionCommand({ StackName: STACKS[0]!, EnableTerminationProtection: false }),
    );
    await destroy(STACKS);

    const { StackSummaries = [] } = await clients.cloudformation.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'DELETE_FAILED'] }),
    );
    expect(StackSummaries.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
    expect((await clients.lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    expect((await clients.cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms).toEqual([]);
    expect((await clients.logs.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
    const queues = (await clients.sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [];
    expect(queues.filter((url) => !url.includes('somebody-elses-queue'))).toEqual([]);
    const { TableNames = [] } = await clients.dynamo.send(new ListTablesCommand({}));
    expect(TableNames).toContain(deployment.outputs.TRIMTABTABLE);
    const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
    const names = Buckets.map(({ Name }) => Name);
    for (const output of ['TRIMTABARTIFACTSBUCKET', 'TRIMTABDATABUCKET', 'TRIMTABCAPTURESBUCKET'])
      expect(names).toContain(deployment.outputs[output]);
    // What had been acknowledged is still there.
    expect((await json<Entry[]>('history', MODEL)).map(({ kind }) => kind)).toContain('rollback-verified');
    expect(await home.data.head(`datasets/${MODEL}/000001/manifest.json`)).toBeDefined();
  }, 180_000);

  const text = async (key: string): Promise<string> => new TextDecoder().decode(await home.data.get(key));
});

/** Does the same for every item, so many at a time. @returns the results in the items' order */
async function inParallel<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** A copy of a model folder whose alarms judge periods of another length. @returns the copy */
function watchedEvery(periodSeconds: number, from: string, to: string): string {
  cpSync(from, to, { recursive: true });
  const file = path.join(to, 'model.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { monitoring: object };
  writeFileSync(file, JSON.stringify({ ...manifest, monitoring: { ...manifest.monitoring, periodSeconds } }));
  return to;
}
