import { readFileSync } from 'node:fs';
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  ListStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteItemCommand, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { Caller } from '../../demo/client.ts';
import type { StatusView } from '../../usecases/release/status-view.ts';
import type { DropReport } from '../../usecases/validation/report.ts';
import { cdk } from './cdk.ts';
import { DeployedFixture, MODEL } from './deployed-fixture.ts';
import { ENVIRONMENT, STACKS } from './deployment.ts';
import { NOT_KEPT, REFUSED, UNKNOWN_CONDITIONS } from './emulator-gaps.ts';
import { eventually } from './eventually.ts';

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
  const fixture = new DeployedFixture();
  const { deployment } = fixture;

  beforeAll(() => fixture.open(MEMORY_MB), 300_000);
  afterAll(() => fixture.close());
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await fixture.whatHappened());
  });

  const release = async (): Promise<ReleaseState> =>
    (JSON.parse(await fixture.trimtab(['status', MODEL, '--json'])) as StatusView).models[0]!.release;

  it('is deployed whole, less what is on the list of gaps', async () => {
    const { StackSummaries = [] } = await fixture.clients.cloudformation.send(
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
    await fixture.clients.cloudformation
      .send(new CreateStackCommand({ StackName, TemplateBody }))
      .catch(() => undefined);
    const status = await eventually('the refusal', async () => {
      const described = await fixture.clients.cloudformation
        .send(new DescribeStacksCommand({ StackName }))
        .catch(() => ({ Stacks: [{ StackStatus: 'REFUSED' }] }));
      const found = described.Stacks?.[0]?.StackStatus;
      return found === 'CREATE_IN_PROGRESS' || found === 'ROLLBACK_IN_PROGRESS' ? undefined : found;
    });
    expect(status).not.toBe('CREATE_COMPLETE');
    await fixture.clients.cloudformation.send(new DeleteStackCommand({ StackName })).catch(() => undefined);
  });

  it('registers and releases the example by the command line', async () => {
    for (const args of [
      ['register', fixture.models[0]!],
      ['register', fixture.models[1]!],
      ['approve', MODEL, '1'],
      ['release', MODEL, '1'],
    ])
      await fixture.trimtab(args);
    expect(await release()).toMatchObject({ champion: 1, challengers: [], latest: 2 });
  });

  it('answers signed callers in version 2 and version 1 of the protocol, and no others', async () => {
    const [flight] = await fixture.flights('spring');
    const stranger = new Caller(deployment.url, MODEL, fixture.manifest.contract.features);
    await expect(stranger.v2([flight!])).rejects.toThrow('403');
    const v2 = await fixture.caller.v2([flight!], 'a-prediction-of-mine');
    expect(v2).toMatchObject({ id: 'a-prediction-of-mine', version: 1, variant: 'champion' });
    const v1 = await fixture.caller.v1([flight!]);
    expect(v1.probabilities).toEqual(v2.probabilities);
    expect(v1.probabilities[0]).toBeGreaterThan(0);
  });

  it('passes the smoke test of the pipeline, signed, and fails it unsigned', async () => {
    const smoke = ['smoke', '--url', deployment.url];
    expect(await fixture.trimtab(smoke)).not.toContain('✗');
    await fixture.trimtab([...smoke, '--unsigned', '--wait', '0'], 1);
  });

  it('turns a dropped file into a dataset version, a quarantine, a report and an event', async () => {
    const Body = readFileSync('models/flight-delay/data/2013-07.csv');
    const Key = `incoming/${MODEL}/2013-07.csv`;
    await fixture.clients.s3.send(new PutObjectCommand({ Bucket: deployment.outputs.TRIMTABDATABUCKET, Key, Body }));
    const event = await eventually('the event of the drop', () =>
      fixture.tap.find((e) => e['detail-type'] === 'Drop Validated' && e.detail.dataset === MODEL),
    );
    expect(event.detail).toMatchObject({ verdict: 'accepted', version: 1, rows: { records: 9201, quarantined: 90 } });
    const page = String(event.detail.report);
    const report = JSON.parse(await fixture.text(page.replace('.html', '.json'))) as DropReport;
    expect(report).toMatchObject({ verdict: 'accepted', rows: { records: 9201, accepted: 9111, quarantined: 90 } });
    expect(await fixture.text(page)).toContain('<html');
    const data = Buffer.from(await fixture.home.data.get(`${report.places.dataset}/data.parquet`));
    expect(data.subarray(0, 4).toString()).toBe('PAR1');
    const rows = (await fixture.text(`${report.places.quarantine}/rows.jsonl`)).trimEnd().split('\n');
    expect(rows).toHaveLength(90);
    for (const row of rows) expect(JSON.parse(row)).toHaveProperty('reasons');
  });

  it('finds the drift of captured predictions that the log subscription and the delivery stream brought', async () => {
    const summer = await fixture.flights('summer');
    for (let from = 0; from < 4_000; from += 1_000) await fixture.caller.v2(summer.slice(from, from + 1_000));
    await fixture.forwarder.forward();
    await eventually('a captured prediction', async () => {
      for await (const { key } of fixture.home.captures.list('captures/')) return key;
    });
    await fixture.onSchedule('Drift');
    const event = await eventually('the event of the drift', () =>
      fixture.tap.find((e) => e['detail-type'] === 'Drift Found'),
    );
    expect(event.detail).toMatchObject({ model: MODEL, version: 1, verdict: 'drift' });
    expect(event.detail.features).not.toHaveLength(0);
    expect(await fixture.text(String(event.detail.report))).toContain('<html');
  });

  it('takes a bad canary back: alarm, event, function, ledger, endpoint', async () => {
    const { alarms, caller, forwarder } = fixture;
    // The judge looks every minute, too, and would often be first.
    await fixture.scheduleOfJudge('DISABLED');
    await fixture.trimtab(['approve', MODEL, '2']);
    await fixture.trimtab(['release', MODEL, '2', '--canary']);
    const summer = (await fixture.flights('summer')).filter(({ late }) => late !== null).slice(2_000);
    await eventually('the canary at the endpoint', async () => {
      const answer = await caller.v2(summer.slice(0, 1));
      return answer.version === 2 ? answer : undefined;
    });
    let next = 0;
    const entry = await eventually(
      'the rollback',
      async () => {
        const asked = summer.slice(next, next + BATCH);
        next += BATCH;
        const answers = await inParallel(asked, CALLERS, (flight) => caller.v2([flight]));
        await caller.truth(answers.map(({ id }, k) => ({ id, truth: asked[k]!.late! })));
        // Nobody is asked meanwhile: the emulator fails where a log is read while it is written.
        await forwarder.forward();
        await fixture.onSchedule('DriftGroundTruth');
        await forwarder.forward();
        await alarms.evaluate();
        return (await fixture.entries()).find(({ kind }) => kind === 'canary-aborted');
      },
      240,
      1_000,
    );
    console.log(`${next} predictions: ${entry.reason}`);
    expect(entry).toMatchObject({
      version: 1,
      actor: expect.stringMatching(/^function:/),
      // Any of the model's alarms wakes the judge, which looks at all that the versions did.
      cause: { alarm: expect.stringMatching(`^trimtab\\.${ENVIRONMENT}\\.${MODEL}\\.`) },
      evidence: { cause: 'model', action: 'take-back', version: 2 },
    });
    // Of the two targets of one event, the function may be first.
    await eventually("the alarm's event", () =>
      fixture.tap.find(
        (e) => e['detail-type'] === 'CloudWatch Alarm State Change' && e.detail.alarmName === entry.cause!.alarm,
      ),
    );
    const verified = await eventually('the verification', async () =>
      (await fixture.entries()).find(({ kind }) => kind === 'rollback-verified'),
    );
    expect(verified.reason).toContain('serves version 1 alone');
    const state = await release();
    expect(state).toMatchObject({ champion: 1, challengers: [] });
    expect(state.quarantined.map(({ version }) => version)).toEqual([2]);
    for (const flight of summer.slice(0, 20)) expect((await caller.v2([flight])).version).toBe(1);
  }, 300_000);

  /** Alarms are evaluated until the ledger has an entry of a kind that was not there before. */
  const answered = async (kind: Entry['kind']): Promise<Entry> => {
    const before = (await fixture.entries()).length;
    return eventually(
      `an entry ${kind}`,
      async () => {
        await fixture.alarms.evaluate();
        return (await fixture.entries()).slice(before).find((entry) => entry.kind === kind);
      },
      120,
      2_000,
    );
  };

  it('asks for retraining when the champion alone is wrong more often: alarm, event, function, ledger', async () => {
    await fixture.champion('PredictionError', 1, 0.9);
    const entry = await answered('retraining-requested');
    expect(entry).toMatchObject({
      actor: 'function:rollback',
      // That of the canary which was taken back may go off late, and wakes the judge as well.
      cause: { alarm: expect.stringMatching(/\.PredictionError$/) },
      evidence: { cause: 'drift', action: 'retrain' },
    });
    expect(await release()).toMatchObject({ champion: 1 });
  }, 180_000);

  it('holds, and asks for a person, when every version fails: alarm, event, function, metric, alarm, event', async () => {
    await fixture.champion('Failure', 1, 0.9);
    const entry = await answered('infrastructure-held');
    expect(entry).toMatchObject({
      actor: 'function:rollback',
      cause: { alarm: `trimtab.${ENVIRONMENT}.${MODEL}.champion.Failure` },
      evidence: { cause: 'infrastructure', about: ['Failure'] },
    });
    const paged = `Trimtab-${ENVIRONMENT}-NeedsPerson`;
    await eventually(
      'the page',
      async () => {
        await fixture.judge();
        await fixture.forwarder.forward();
        await fixture.alarms.evaluate();
        return fixture.alarms.transitions.find(({ alarm, to }) => alarm === paged && to === 'ALARM');
      },
      180,
      5_000,
    );
    // The rule of models' alarms does not match what the judge itself says.
    expect((await fixture.entries()).at(-1)!.number).toBe(entry.number);
    const event = await eventually('what is asked', () =>
      fixture.tap.find((e) => e['detail-type'] === 'Person Needed' && e.detail.what === 'asked'),
    );
    expect(event.detail).toMatchObject({ environment: ENVIRONMENT, model: MODEL });
    const { models } = JSON.parse(await fixture.trimtab(['status', MODEL, '--json'])) as StatusView;
    expect(models[0]!.asked!.map(({ cause }) => cause)).toContain('drift');
  }, 300_000);

  it('judges on its schedule again', async () => {
    await fixture.scheduleOfJudge('ENABLED');
    const looks = async (): Promise<number> => {
      await fixture.forwarder.forward();
      const points = await fixture.home.metrics.query({
        metric: 'JudgeHeartbeat',
        dimensions: { Environment: ENVIRONMENT },
        statistic: 'Sum',
        periodSeconds: 60,
        from: new Date(Date.now() - 3_600_000),
        to: new Date(),
      });
      return points.reduce((sum, { value }) => sum + value, 0);
    };
    const before = await looks();
    await eventually('a look of the judge', async () => ((await looks()) > before ? true : undefined), 150, 5_000);
  }, 180_000);

  it('lets nobody remove an artifact, the administrator included', async () => {
    const { artifact } = (await fixture.home.ledger.version(MODEL, 1))!;
    const object = { Bucket: deployment.outputs.TRIMTABARTIFACTSBUCKET, Key: artifact.key };
    await expect(fixture.clients.s3.send(new DeleteObjectCommand(object))).rejects.toThrow('explicit deny');
    expect(await fixture.home.artifacts.head(artifact.key)).toMatchObject({ bytes: artifact.bytes });
  });

  it('finds that an entry of the ledger was taken out, and that it is back', async () => {
    const Key = { pk: { S: `MODEL#${MODEL}` }, sk: { S: 'ENTRY#000000002' } };
    const table = { TableName: deployment.outputs.TRIMTABTABLE };
    await fixture.trimtab(['history', MODEL, '--verify']);
    const { Item } = await fixture.clients.dynamo.send(new GetItemCommand({ ...table, Key }));
    // The emulator keeps the table's own policy, which forbids this, and does not apply it.
    await fixture.clients.dynamo.send(new DeleteItemCommand({ ...table, Key }));
    await fixture.trimtab(['history', MODEL, '--verify'], 1);
    await fixture.clients.dynamo.send(new PutItemCommand({ ...table, Item }));
    await fixture.trimtab(['history', MODEL, '--verify']);
  });

  it('has nothing that the doctor finds wrong, but for what the emulator does not keep, and the alarms that are up', async () => {
    const up = async (): Promise<string[]> => {
      const { MetricAlarms = [] } = await fixture.clients.cloudwatch.send(
        new DescribeAlarmsCommand({ StateValue: 'ALARM' }),
      );
      return MetricAlarms.map(({ AlarmName }) => `alarm ${AlarmName}`);
    };
    const before = await up();
    const found = await fixture.trimtab(['doctor', '--environment', ENVIRONMENT, '--json'], 1);
    const after = await up();
    const { findings } = JSON.parse(found) as { findings: { name: string; status: string; found: string }[] };
    expect(findings.length).toBeGreaterThan(40);
    const failed = findings.filter(({ status }) => status === 'fail').map(({ name }) => name);
    expect(failed.filter((name) => !name.startsWith('alarm '))).toEqual(NOT_KEPT);
    // Which are up depends on the machine, too: on what a request took, and on what came within one period.
    const alarms = failed.filter((name) => name.startsWith('alarm '));
    expect([...before, ...after]).toEqual(expect.arrayContaining(alarms));
    expect(alarms).toEqual(expect.arrayContaining(before.filter((name) => after.includes(name))));
  });

  it('changes by another deployment, and goes on answering', async () => {
    const before = await fixture.live();
    expect(before.memoryMb).toBe(MEMORY_MB);
    await fixture.synthesize(CHANGED_MEMORY_MB);
    await deployment.deploy();
    const after = await fixture.live();
    expect(after.memoryMb).toBe(CHANGED_MEMORY_MB);
    expect(after.version).toBeGreaterThan(before.version);
    expect((await fixture.caller.v2((await fixture.flights('spring')).slice(0, 1))).version).toBe(1);
  }, 180_000);

  it('is destroyed but for what is meant to be retained', async () => {
    const destroy = (stacks: readonly string[]): Promise<string> =>
      cdk(['destroy', ...stacks, '--app', deployment.assembly, '--force']);
    await destroy(STACKS.filter((name) => !name.endsWith('Stateful')));
    // The registry and the data are protected: it takes a second decision.
    await expect(destroy(STACKS)).rejects.toThrow(/[Tt]ermination/);
    await fixture.clients.cloudformation.send(
      new UpdateTerminationProtectionCommand({ StackName: STACKS[0]!, EnableTerminationProtection: false }),
    );
    await destroy(STACKS);

    const { StackSummaries = [] } = await fixture.clients.cloudformation.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'DELETE_FAILED'] }),
    );
    expect(StackSummaries.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
    expect((await fixture.clients.lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
    expect((await fixture.clients.cloudwatch.send(new DescribeAlarmsCommand({}))).MetricAlarms).toEqual([]);
    expect((await fixture.clients.logs.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
    const queues = (await fixture.clients.sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [];
    expect(queues.filter((url) => !url.includes('somebody-elses-queue'))).toEqual([]);
    const { TableNames = [] } = await fixture.clients.dynamo.send(new ListTablesCommand({}));
    expect(TableNames).toContain(deployment.outputs.TRIMTABTABLE);
    const { Buckets = [] } = await fixture.clients.s3.send(new ListBucketsCommand({}));
    const names = Buckets.map(({ Name }) => Name);
    for (const output of ['TRIMTABARTIFACTSBUCKET', 'TRIMTABDATABUCKET', 'TRIMTABCAPTURESBUCKET'])
      expect(names).toContain(deployment.outputs[output]);
    // What had been acknowledged is still there.
    expect((await fixture.entries()).map(({ kind }) => kind)).toContain('rollback-verified');
    expect(await fixture.home.data.head(`datasets/${MODEL}/dataset_version=000001/_manifest.json`)).toBeDefined();
  }, 180_000);
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
