import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, UpdateContinuousBackupsCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFunction } from '../../cli/doctor/aws/functions.ts';
import { checkTable } from '../../cli/doctor/aws/table.ts';
import type { Finding } from '../../cli/doctor/doctor-view.ts';
import { main } from '../../cli/main.ts';
import { alarmsOf } from '../../core/alarms/definitions.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import { AwsInspection } from '../../platform/aws/inspection.ts';
import { createResources } from './resources.ts';

const ENVIRONMENT = 'doctor';
const NAMES = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'].map((name) => `Trimtab-${ENVIRONMENT}-${name}`);
const clients = {
  dynamo: new DynamoDBClient({}),
  s3: new S3Client({ forcePathStyle: true }),
  watch: new CloudWatchClient({}),
  sqs: new SQSClient({}),
  scheduler: new SchedulerClient({}),
  formation: new CloudFormationClient({}),
};

/** What the doctor looks for in the stacks, under the types and names that ours have. */
const TEMPLATES: Record<string, Record<string, unknown>> = {
  Stateful: { Topic: { Type: 'AWS::SNS::Topic' } },
  Serving: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] } },
    },
    EndpointFunction: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Code: { ZipFile: 'exports.handler = async () => ({})' },
      },
    },
  },
  DataQuality: {
    DriftDeadLetters: { Type: 'AWS::SQS::Queue' },
    DriftSchedule0: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'trimtab-doctor-drift',
        ScheduleExpression: 'rate(60 minutes)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: 'arn:aws:sqs:eu-central-1:000000000000:x', RoleArn: 'arn:aws:iam::000000000000:role/x' },
      },
    },
  },
  Monitoring: { Topic: { Type: 'AWS::SNS::Topic' } },
};

describe('trimtab doctor on AWS', () => {
  let env: NodeJS.ProcessEnv;
  let alarmNames: string[];

  async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (t: string) => out.push(t), err: (t: string) => err.push(t), env };
    const status = await main(['--home', 'aws', ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }

  async function doctor(...argv: string[]): Promise<{ status: number; findings: Finding[] }> {
    const { status, out } = await trimtab('doctor', '--environment', ENVIRONMENT, '--json', ...argv);
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    return { status, findings: findings.filter((finding) => finding.status !== 'ok') };
  }

  const alarm = (AlarmName: string) =>
    clients.watch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: 'Trimtab',
        MetricName: 'PredictionError',
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0.5,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      }),
    );
  const state = (AlarmName: string, StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') =>
    clients.watch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'the test says so' }));

  const buckets = () => [env.TRIMTAB_ARTIFACTS_BUCKET!, env.TRIMTAB_DATA_BUCKET!, env.TRIMTAB_CAPTURES_BUCKET!];
  const privately = (Bucket: string, on: boolean) =>
    clients.s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: on,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      }),
    );
  const recovery = (on: boolean) =>
    clients.dynamo.send(
      new UpdateContinuousBackupsCommand({
        TableName: env.TRIMTAB_TABLE,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: on },
      }),
    );
  const protection = (on: boolean) =>
    clients.dynamo.send(new UpdateTableCommand({ TableName: env.TRIMTAB_TABLE, DeletionProtectionEnabled: on }));
  const versions = (Status: 'Enabled' | 'Suspended') =>
    clients.s3.send(
      new PutBucketVersioningCommand({ Bucket: env.TRIMTAB_ARTIFACTS_BUCKET, VersioningConfiguration: { Status } }),
    );
  const events = (on: boolean) =>
    clients.s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: env.TRIMTAB_DATA_BUCKET,
        NotificationConfiguration: on ? { EventBridgeConfiguration: {} } : {},
      }),
    );
  const schedule = async (State: 'ENABLED' | 'DISABLED') => {
    const Name = 'trimtab-doctor-drift';
    const { ScheduleExpression, FlexibleTimeWindow, Target } = await clients.scheduler.send(
      new GetScheduleCommand({ Name }),
    );
    await clients.scheduler.send(
      new UpdateScheduleCommand({ Name, ScheduleExpression, FlexibleTimeWindow, Target, State }),
    );
  };
  const queue = async () => {
    const resources = await new AwsInspection(env).stack(NAMES[2]!);
    return resources!.find(({ type }) => type === 'AWS::SQS::Queue')!.id;
  };

  beforeAll(async () => {
    env = await createResources();
    Object.assign(process.env, env);
    for (const [name, Resources] of Object.entries(TEMPLATES)) {
      const StackName = `Trimtab-${ENVIRONMENT}-${name}`;
      await clients.formation.send(
        new CreateStackCommand({
          StackName,
          TemplateBody: JSON.stringify({ Resources }),
          Capabilities: ['CAPABILITY_IAM'],
        }),
      );
      await waitUntilStackCreateComplete({ client: clients.formation, maxWaitTime: 30, minDelay: 1 }, { StackName });
    }
    await recovery(true);
    await protection(true);
    for (const Bucket of buckets()) {
      await privately(Bucket, true);
      await clients.s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
          },
        }),
      );
    }
    await events(true);
    for (const argv of [
      ['register', 'models/flight-delay/v1'],
      ['approve', 'flight-delay', '1'],
      ['release', 'flight-delay', '1'],
    ])
      expect(await trimtab(...argv)).toMatchObject({ status: 0 });
    const home = await openAwsHome(env);
    const version = await home.ledger.version('flight-delay', 1);
    await home.close();
    alarmNames = [
      ...alarmsOf(version!.manifest, ENVIRONMENT, 0.2).map(({ name }) => name),
      `Trimtab-${ENVIRONMENT}-Serving-EndpointThrottles`,
    ];
    for (const name of alarmNames) {
      await alarm(name);
      await state(name, 'OK');
    }
  }, 120_000);

  /** What the emulator cannot be brought to say: its tables know no key of KMS, and no endpoint stands here. */
  const known = ({ name, status }: Finding): boolean => status === 'skipped' || name === 'table encryption';

  it('finds nothing wrong with an installation that is sound', async () => {
    const { status, findings } = await doctor();
    expect(findings.filter((finding) => !known(finding))).toEqual([]);
    expect(status).toBe(0);
  });

  const broken: [string, () => Promise<unknown>, () => Promise<unknown>, Partial<Finding>][] = [
    [
      'recovery that is off',
      () => recovery(false),
      () => recovery(true),
      { name: 'table recovery', status: 'fail', found: 'off' },
    ],
    [
      'deletion protection that is off',
      () => protection(false),
      () => protection(true),
      { name: 'table deletion protection', status: 'fail', found: 'off' },
    ],
    [
      'a bucket that may become public',
      () => privately(buckets()[2]!, false),
      () => privately(buckets()[2]!, true),
      { name: 'bucket of captures: access', status: 'fail' },
    ],
    [
      'artifacts whose versions are not kept',
      () => versions('Suspended'),
      () => versions('Enabled'),
      { name: 'bucket of artifacts: versions', status: 'fail', found: 'not kept' },
    ],
    [
      'drops that nobody is told of',
      () => events(false),
      () => events(true),
      { name: 'bucket of data: events', status: 'fail' },
    ],
    [
      'a schedule that is switched off',
      () => schedule('DISABLED'),
      () => schedule('ENABLED'),
      { name: 'schedule DriftSchedule0', status: 'fail', found: 'disabled' },
    ],
    [
      'a dead letter',
      async () => clients.sqs.send(new SendMessageCommand({ QueueUrl: await queue(), MessageBody: 'poison' })),
      async () => clients.sqs.send(new PurgeQueueCommand({ QueueUrl: await queue() })),
      { name: 'dead letters DriftDeadLetters', status: 'fail', found: expect.stringMatching(/^1 in /) },
    ],
    [
      'an alarm that is up',
      () => state(alarmNames[0]!, 'ALARM'),
      () => state(alarmNames[0]!, 'OK'),
      { name: 'alarm trimtab.doctor.flight-delay.champion.PredictionError', status: 'fail' },
    ],
    [
      'an alarm without data',
      () => state(alarmNames[1]!, 'INSUFFICIENT_DATA'),
      () => state(alarmNames[1]!, 'OK'),
      { name: 'alarms of flight-delay', status: 'warn' },
    ],
    [
      'an alarm that is not there',
      () => clients.watch.send(new DeleteAlarmsCommand({ AlarmNames: [alarmNames[0]!] })),
      async () => {
        await alarm(alarmNames[0]!);
        await state(alarmNames[0]!, 'OK');
      },
      {
        name: 'alarms of flight-delay',
        status: 'fail',
        found: expect.stringContaining('1 of 12 are not there: trimtab.doctor.flight-delay.champion.PredictionError'),
      },
    ],
  ];

  it.each(broken)('reports %s, and nothing else', async (_, damage, mend, expected) => {
    await damage();
    const { status, findings } = await doctor();
    await mend();
    expect(findings.filter((finding) => !known(finding))).toEqual([expect.objectContaining(expected)]);
    expect(status).toBe(expected.status === 'fail' ? 1 : 0);
  });

  it('reports stacks that are not there', async () => {
    const { findings, status } = await doctor('--environment', 'moon');
    expect(findings.filter(({ name }) => name.startsWith('stack Trimtab-moon-')).map((f) => f.status)).toEqual(
      Array(4).fill('fail'),
    );
    expect(status).toBe(1);
  });

  it('reports variables that are not set, and names them', async () => {
    const { TRIMTAB_TABLE: table, ...rest } = env;
    env = rest;
    const { findings } = await doctor();
    env = { ...rest, TRIMTAB_TABLE: table };
    expect(findings).toEqual([
      expect.objectContaining({ name: 'variables', status: 'fail', found: expect.stringContaining('TRIMTAB_TABLE') }),
    ]);
  });

  it('reports a table that is not there, and goes on', async () => {
    const { TRIMTAB_TABLE: table } = env;
    env = { ...env, TRIMTAB_TABLE: 'nowhere' };
    Object.assign(process.env, env);
    const { findings } = await doctor();
    env = { ...env, TRIMTAB_TABLE: table };
    Object.assign(process.env, env);
    expect(findings).toContainEqual(expect.objectContaining({ name: 'table', status: 'fail' }));
    expect(findings).toContainEqual(expect.objectContaining({ name: 'ledger', status: 'fail' }));
    expect(findings.some(({ name }) => name.startsWith('bucket'))).toBe(false);
  });

  it('reports a bucket that is not there', async () => {
    env = { ...env, TRIMTAB_CAPTURES_BUCKET: 'trimtab-nowhere' };
    const { findings } = await doctor();
    env = { ...env, TRIMTAB_CAPTURES_BUCKET: process.env.TRIMTAB_CAPTURES_BUCKET };
    expect(findings).toContainEqual(expect.objectContaining({ name: 'bucket of captures', status: 'fail' }));
  });

  // Last: what is removed is not put back.
  it('reports a model file that is gone', async () => {
    const Bucket = env.TRIMTAB_ARTIFACTS_BUCKET;
    const { Contents } = await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'models/' }));
    for (const { Key } of Contents ?? []) await clients.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    const { findings } = await doctor();
    expect(findings.filter((finding) => !known(finding))).toEqual([
      expect.objectContaining({
        name: 'model file of flight-delay version 1 (champion)',
        status: 'fail',
        found: 'it is gone',
      }),
    ]);
  });
});

describe('what the emulator does not have', () => {
  const facts = {
    status: 'ACTIVE',
    key: 'pk HASH, sk RANGE',
    encryption: 'KMS',
    deletionProtection: true,
    pointInTimeRecovery: true,
    skewMs: 0,
  };

  it.each([
    [{ skewMs: -6_000 }, 'clock', 'warn'],
    [{ skewMs: 300_000 }, 'clock', 'fail'],
    [{ key: 'id HASH' }, 'table key', 'fail'],
    [{ status: 'UPDATING' }, 'table status', 'fail'],
    [{ encryption: 'a key of AWS' }, 'table encryption', 'warn'],
  ])('is checked all the same: a table of %j', (changed, name, status) => {
    const wrong = checkTable('t', { ...facts, ...changed }, false).filter((finding) => finding.status !== 'ok');
    expect(wrong).toEqual([expect.objectContaining({ name, status })]);
    expect(checkTable('t', facts, false).every((finding) => finding.status === 'ok')).toBe(true);
  });

  const fn = {
    name: 'f',
    runtime: 'nodejs24.x',
    architecture: 'x86_64',
    state: 'Active',
    lastUpdate: 'Successful',
    foreignLayers: [],
  };

  it.each([
    [{ state: 'Failed' }, 'Failed, last update Successful'],
    [{ runtime: 'nodejs18.x' }, 'nodejs18.x'],
    [{ foreignLayers: ['l is for arm64'] }, 'it is for x86_64, and l is for arm64'],
  ])('is checked all the same: a function of %j', (changed, found) => {
    expect(checkFunction({ ...fn, ...changed })).toMatchObject({ status: 'fail', found });
    expect(checkFunction(fn).status).toBe('ok');
  });
});
