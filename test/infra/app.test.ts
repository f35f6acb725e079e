import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as z from 'zod';
import { FUNCTIONS } from '../../functions/index.ts';
import { apiRoutes } from '../../infra/access-routes.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { Checks } from '../../infra/checks.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { deployment } from './deployment.ts';
import { synthesized } from './synthesized.ts';

const STACKS = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'] as const;

interface Report {
  readonly pluginReports: { readonly pluginName: string; readonly conclusion: string }[];
}

describe('the deployed app', () => {
  const folder = temporaryFolder('cdk');
  const templates = {} as Record<(typeof STACKS)[number], Template>;
  let conclusions: [string, string][] = [];

  beforeAll(() => {
    const context = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }).context;
    const app = new App({ outdir: path.join(folder, 'cdk.out'), context });
    addTrimtab(app, DeploymentConfig.parse({ alarmEmail: 'on-call@example.com' }));
    Validations.of(app).addPlugins(new Checks(app));
    // The one test in which CDK's own validator runs too.
    vi.stubEnv('CDK_VALIDATION', undefined);
    app.synth();
    const report = JSON.parse(readFileSync(path.join(folder, 'cdk.out', 'validation-report.json'), 'utf8')) as Report;
    conclusions = report.pluginReports.map(({ pluginName, conclusion }) => [pluginName, conclusion]);
    for (const name of STACKS) {
      const file = path.join(folder, 'cdk.out', `Trimtab-dev-${name}.template.json`);
      templates[name] = Template.fromJSON(JSON.parse(readFileSync(file, 'utf8')));
    }
  }, 120_000);
  afterAll(() => vi.unstubAllEnvs());

  const resources = (type: string, stacks: readonly (typeof STACKS)[number][] = STACKS) =>
    stacks.flatMap((stack) =>
      Object.entries(templates[stack].findResources(type)).map(
        ([id, resource]) => [id, resource.Properties as Record<string, unknown>, resource] as const,
      ),
    );
  it('has no finding that is not acknowledged with a reason', () => {
    expect(conclusions.length).toBeGreaterThan(0);
    for (const [plugin, conclusion] of conclusions) expect(conclusion, plugin).toBe('success');
  });

  it('keeps registry and data through everything', () => {
    const table = resources('AWS::DynamoDB::GlobalTable')[0]!;
    expect(table[2]).toMatchObject({ DeletionPolicy: 'Retain' });
    expect(table[1]).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Replicas: [
        { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
      ],
      SSESpecification: { SSEEnabled: true },
    });
    for (const [, bucket, resource] of resources('AWS::S3::Bucket')) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain' });
      expect(bucket.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(bucket).toHaveProperty('BucketEncryption');
    }
  });

  it('lets only signed callers in by default, and limits their rate', () => {
    templates.Serving.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: '$default',
      AuthorizationType: 'AWS_IAM',
    });
    templates.Serving.allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'AWS_IAM' });
    // What can be done has routes of its own; the function's policy, which has room for few, one permission for all.
    templates.Serving.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: 'POST /trimtab/v1/models/{model}/truth',
    });
    templates.Serving.resourceCountIs('AWS::ApiGatewayV2::Route', apiRoutes().length + 1);
    templates.Serving.resourcePropertiesCountIs(
      'AWS::Lambda::Permission',
      { Principal: 'apigateway.amazonaws.com' },
      1,
    );
    templates.Serving.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000 },
      AccessLogSettings: Match.anyValue(),
    });
  });

  it('changes code by a canary on an alias, watched by alarms that roll no model back', () => {
    templates.Serving.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AlarmConfiguration: { Enabled: true, Alarms: [Match.anyValue(), Match.anyValue()] },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
    });
  });

  it('brings a drop from S3 by EventBridge and a queue to the validation, and keeps what fails', () => {
    const [, bucket] = resources('AWS::S3::Bucket').find(([id]) => id.startsWith('LakeData'))!;
    expect(bucket.NotificationConfiguration).toEqual({ EventBridgeConfiguration: { EventBridgeEnabled: true } });
    templates.DataQuality.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'detail-type': ['Object Created'], detail: { object: { key: [{ prefix: 'incoming/' }] } } },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
    });
    templates.DataQuality.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    templates.DataQuality.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 3 }),
    });
  });

  it('carries captures from the log to S3 under the hour', () => {
    templates.Serving.hasResourceProperties('AWS::Logs::SubscriptionFilter', {
      FilterPattern: '{ $.trimtab = "capture" }',
    });
    templates.Serving.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      ExtendedS3DestinationConfiguration: Match.objectLike({
        Prefix: 'captures/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
        CompressionFormat: 'GZIP',
        FileExtension: '.jsonl.gz',
        ProcessingConfiguration: {
          Enabled: true,
          // The service refuses them in any other order.
          Processors: ['Decompression', 'CloudWatchLogProcessing', 'AppendDelimiterToRecord'].map((Type) =>
            Match.objectLike({ Type }),
          ),
        },
      }),
    });
  });

  it('runs what has a schedule at the rate of its trigger, and keeps runs that fail', () => {
    const schedules = resources('AWS::Scheduler::Schedule').map(
      ([, s]) => s as { ScheduleExpression: string; Target: { DeadLetterConfig: unknown; Input: string } },
    );
    expect(schedules.map((s) => s.ScheduleExpression).sort()).toEqual([
      'rate(1 minute)',
      'rate(1 minute)',
      'rate(1 minute)',
      'rate(60 minutes)',
    ]);
    // A schedule hands over and is done: what fails afterwards is kept by the function itself.
    const kept = resources('AWS::Lambda::EventInvokeConfig').map(([, c]) => JSON.stringify(c.DestinationConfig));
    expect(kept).toHaveLength(5);
    for (const destination of kept) expect(destination).toMatch(/OnFailure.*DeadLetters/);
    for (const { Target } of schedules) {
      expect(Target.DeadLetterConfig).toBeDefined();
      expect(JSON.parse(Target.Input)).toEqual({ source: 'trimtab.schedule', time: '<aws.scheduler.scheduled-time>' });
    }
  });

  it('sets off the rollback by alarms of models, which are plain single-metric alarms', () => {
    templates.Monitoring.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.cloudwatch'],
        detail: { alarmName: [{ prefix: 'trimtab.dev.' }], state: { value: ['ALARM'] } },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue(), RetryPolicy: Match.anyValue() })],
    });
    const alarms = resources('AWS::CloudWatch::Alarm', ['Monitoring']).map(([, a]) => a);
    const models = alarms.filter((a) => String(a.AlarmName).startsWith('trimtab.dev.flight-delay.'));
    expect(models.length).toBeGreaterThan(8);
    for (const alarm of models) {
      expect(alarm.Metrics).toBeUndefined();
      expect(alarm.AlarmDescription).toMatch(/runbook: docs\/runbook\/[a-z-]+\.md$/);
      const page = /docs\/runbook\/[a-z-]+\.md/.exec(String(alarm.AlarmDescription))![0];
      expect(existsSync(page), page).toBe(true);
    }
    expect(models.find((a) => a.AlarmName === 'trimtab.dev.flight-delay.challenger.PredictionError')).toMatchObject({
      MetricName: 'PredictionError',
      Threshold: 0.36,
      // Truths are joined once a minute, whatever the manifest says.
      Period: 60,
      TreatMissingData: 'notBreaching',
    });
  });

  it('keeps executions for what takes releases back, unless the account has none to spare', () => {
    const reserved = (all: readonly (readonly [string, Record<string, unknown>])[]) =>
      Object.fromEntries(
        all
          .map(([id, fn]) => [id.replace(/[0-9A-F]{8}$/, ''), fn.ReservedConcurrentExecutions])
          .filter(([, kept]) => kept !== undefined),
      );
    const functions = resources('AWS::Lambda::Function').map(([id, fn]) => [id, fn] as const);
    expect(reserved(functions)).toEqual({ Rollback: 2, RollbackAdvance: 2, ReplaysReplay: 2 });
    const spared = deployment({ rollback: { reservedConcurrency: 0 } }).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    expect(reserved(spared.map(({ id, Properties }) => [id, Properties]))).toEqual({});
  });

  it('says what to set where the account may have no executions to spare, unless somebody has', () => {
    const said = (config: z.input<typeof DeploymentConfig>): string[] => {
      const { app } = synthesized((app) => addTrimtab(app, DeploymentConfig.parse(config)));
      const metadata = app.node.findAll().flatMap(({ node }) => node.metadata);
      return metadata.filter(({ type }) => type === 'aws:cdk:info').map(({ data }) => String(data));
    };
    expect(said({}).filter((text) => text.includes('rollback.reservedConcurrency) to 0'))).toHaveLength(2);
    expect(said({ rollback: { reservedConcurrency: 2 } })).toEqual([]);
  });

  it('outlasts a storm with alarms, and lets a call of the schedule go when the next one is due', () => {
    const ages = Object.fromEntries(
      resources('AWS::Lambda::EventInvokeConfig').map(([id, { MaximumEventAgeInSeconds, DestinationConfig }]) => {
        expect(DestinationConfig).toMatchObject({ OnFailure: { Destination: expect.anything() } });
        return [id.replace(/EventInvokeConfig[0-9A-F]{8}$/, ''), MaximumEventAgeInSeconds];
      }),
    );
    // The most that Lambda takes for alarms; an hour's schedule, and five minutes for those of a minute.
    expect(ages).toEqual({
      Rollback: 21_600,
      RollbackAdvance: 300,
      ReplaysReplay: 300,
      Drift: 3_600,
      DriftGroundTruth: 300,
    });
    for (const [id, schedule] of resources('AWS::Scheduler::Schedule'))
      expect((schedule.Target as { RetryPolicy: object }).RetryPolicy).toEqual({
        MaximumRetryAttempts: 185,
        MaximumEventAgeInSeconds: ages[id.replace(/Schedule0.*$/, '')],
      });
    const [, rule] = resources('AWS::Events::Rule').find(([id]) => id.startsWith('RollbackAlarms'))!;
    // The most that EventBridge takes.
    expect(rule.Targets).toMatchObject([
      { RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 }, DeadLetterConfig: {} },
    ]);
  });

  it('hands people what the judge asks, and the rule no more than that', () => {
    const [, rule] = resources('AWS::Events::Rule', ['Monitoring']).find(([id]) => id.startsWith('PersonNeeded'))!;
    expect(rule.EventPattern).toEqual({
      source: ['trimtab'],
      'detail-type': ['Person Needed'],
      detail: { environment: ['dev'], what: ['asked', 'reminder'] },
    });
    const [target] = rule.Targets as { Arn: unknown; RoleArn: unknown; InputTransformer: object }[];
    expect(JSON.stringify(target!.Arn)).toContain('OnCallTopic');
    expect(JSON.stringify(target!.RoleArn)).toContain('PersonNeededRole');
    expect(target!.InputTransformer).toEqual({
      InputPathsMap: { 'detail-text': '$.detail.text' },
      InputTemplate: '"<detail-text>"',
    });
  });

  it('gives every function its own role, and a log group with retention', () => {
    const functions = resources('AWS::Lambda::Function');
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const [, fn] of functions) expect(fn.LoggingConfig).toMatchObject({ LogGroup: expect.anything() });
    for (const [, group] of resources('AWS::Logs::LogGroup')) expect(group.RetentionInDays).toBeGreaterThan(0);
    expect(new Set(functions.map(([, fn]) => JSON.stringify(fn.Role))).size).toBe(FUNCTIONS.length);
  });

  it('lets only what keeps personal fields read the privacy secret, only what reads truths that of labels, and neither is in an environment', () => {
    const secrets = resources('AWS::SecretsManager::Secret');
    expect(secrets).toHaveLength(2);
    for (const [, secret, resource] of secrets) {
      expect(secret).toMatchObject({ GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } });
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain' });
    }
    const readers = (of: string): string[] =>
      resources('AWS::IAM::Policy')
        .filter(([, { PolicyDocument }]) =>
          (PolicyDocument as { Statement: object[] }).Statement.some((statement) =>
            new RegExp(`secretsmanager:GetSecretValue.*${of}`).test(JSON.stringify(statement)),
          ),
        )
        .map(([id]) => id.replace(/Parts.*/, ''))
        .sort();
    expect(readers('PrivacySecret')).toEqual(['EndpointFunction', 'ValidationFunction']);
    expect(readers('LabelsSecret')).toEqual(['DriftGroundTruth', 'ReplaysReplay']);
    for (const [, fn] of resources('AWS::Lambda::Function'))
      expect(JSON.stringify(fn.Environment)).not.toMatch(/resolve:secretsmanager|TRIMTAB_PRIVACY_KEY/);
  });
});
