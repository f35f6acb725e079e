import { readFileSync } from 'node:fs';
import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { LambdaDeploymentConfig } from 'aws-cdk-lib/aws-codedeploy';
import { describe, expect, it } from 'vitest';
import { validate } from '../../functions/validate/trigger.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { DataLake } from '../../infra/constructs/data-lake.ts';
import { DataValidation, type DataValidationProps } from '../../infra/constructs/data-validation.ts';
import { ModelEndpoint, type ModelEndpointProps } from '../../infra/constructs/model-endpoint.ts';
import { ModelRegistry } from '../../infra/constructs/model-registry.ts';
import { ReleaseReplay } from '../../infra/constructs/release-replay.ts';
import { RollbackController } from '../../infra/constructs/rollback-controller.ts';
import { ScalingError } from '../../infra/scaling/must-scale.ts';
import { type Deployed, deployment } from './deployment.ts';

const of = (resources: readonly Deployed[], type: string, id = /./): Deployed['Properties'][] =>
  resources.filter(({ Type, id: name }) => Type === type && id.test(name)).map(({ Properties }) => Properties);

function endpoint(props: Partial<ModelEndpointProps>): ModelEndpoint {
  const stack = new Stack(new App(), 'Stack');
  return new ModelEndpoint(stack, 'Endpoint', props);
}

function validation(props: Partial<DataValidationProps>): DataValidation {
  const stack = new Stack(new App(), 'Stack');
  const stores = { registry: new ModelRegistry(stack, 'Registry'), lake: new DataLake(stack, 'Lake') };
  return new DataValidation(stack, 'Validation', { ...stores, ...props });
}

const plain = deployment();

describe('scaling of the endpoint', () => {
  const scaled = deployment({
    endpoint: {
      memoryMb: 3008,
      reservedConcurrency: 50,
      provisionedConcurrency: {
        min: 2,
        max: 20,
        targetUtilization: 0.6,
        schedule: [{ cron: 'cron(0 7 ? * MON-FRI *)', timeZone: 'Europe/Berlin', min: 10, max: 40 }],
      },
    },
    validation: { memoryMb: 4096, reservedConcurrency: 8, maxConcurrency: 8 },
  });

  it('keeps executions ready on the alias, scaled by use and by the clock', () => {
    expect(of(scaled, 'AWS::Lambda::Alias')).toEqual([
      expect.objectContaining({ ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 } }),
    ]);
    expect(of(scaled, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([
      expect.objectContaining({
        MinCapacity: 2,
        MaxCapacity: 20,
        ScalableDimension: 'lambda:function:ProvisionedConcurrency',
        ScheduledActions: [
          expect.objectContaining({
            Schedule: 'cron(0 7 ? * MON-FRI *)',
            Timezone: 'Europe/Berlin',
            ScalableTargetAction: { MinCapacity: 10, MaxCapacity: 40 },
          }),
        ],
      }),
    ]);
    expect(of(scaled, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toEqual([
      expect.objectContaining({
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
          TargetValue: 0.6,
        },
      }),
    ]);
  });

  it('changes code all at once where executions are kept ready, and by a canary where none are', () => {
    const config = (resources: Deployed[]) =>
      of(resources, 'AWS::CodeDeploy::DeploymentGroup')[0]?.DeploymentConfigName;
    expect(config(scaled)).toBe('CodeDeployDefault.LambdaAllAtOnce');
    expect(config(plain)).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
    expect(config(deployment({ endpoint: { codeDeployment: 'linear' } }))).toBe(
      'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
    );
  });

  it('gives functions the memory and the concurrency of the configuration', () => {
    expect(of(scaled, 'AWS::Lambda::Function', /^EndpointFunction/)).toEqual([
      expect.objectContaining({ MemorySize: 3008, ReservedConcurrentExecutions: 50 }),
    ]);
    expect(of(scaled, 'AWS::Lambda::Function', /^ValidationFunction/)).toEqual([
      expect.objectContaining({ MemorySize: 4096, ReservedConcurrentExecutions: 8 }),
    ]);
    expect(of(scaled, 'AWS::Lambda::EventSourceMapping')).toEqual([
      expect.objectContaining({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 8 } }),
    ]);
  });

  it('makes nothing of it where nothing is asked for', () => {
    expect(of(plain, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
    expect(of(plain, 'AWS::Lambda::Alias')[0]).not.toHaveProperty('ProvisionedConcurrencyConfig');
    const reserved = of(plain, 'AWS::Lambda::Function').filter((fn) => 'ReservedConcurrentExecutions' in fn);
    // What takes a release back has some of its own, whatever is asked for.
    expect(reserved.map(({ Description }) => Description)).toEqual([
      expect.stringMatching(/^Asks young versions/),
      expect.stringMatching(/^Answers alarms/),
      expect.stringMatching(/^Judges releases/),
    ]);
  });

  const provisionedConcurrency = { min: 2, max: 20 };
  it.each<[string, Partial<ModelEndpointProps>, string]>([
    ['memory that Lambda does not have', { memoryMb: 64 }, 'memoryMb is a whole number of 128 to 10,240, received 64'],
    [
      'memory in parts of a megabyte',
      { memoryMb: 1769.5 },
      'memoryMb is a whole number of 128 to 10,240, received 1769.5',
    ],
    [
      'a time-out past that of the API',
      { timeout: Duration.seconds(30) },
      'timeout is a whole number of 1 to 29 s, for an HTTP API waits 30, received 30',
    ],
    [
      'a reservation of nothing',
      { reservedConcurrency: 0 },
      'reservedConcurrency is a whole number of 1 to 100,000, received 0',
    ],
    ['a rate of nothing', { rateLimit: 0 }, 'rateLimit is a whole number of 1 to 100,000, received 0'],
    [
      'more ready than may run',
      { provisionedConcurrency, reservedConcurrency: 10 },
      'provisionedConcurrency.max is at most reservedConcurrency 10, received 20',
    ],
    [
      'none ready at the least',
      { provisionedConcurrency: { min: 0, max: 20 } },
      'provisionedConcurrency.min is a whole number of 1 to 100,000, received 0',
    ],
    [
      'ends the wrong way round',
      { provisionedConcurrency: { min: 5, max: 4 } },
      'provisionedConcurrency.min is at most its max 4, received 5',
    ],
    [
      'a use that cannot be tracked',
      { provisionedConcurrency: { ...provisionedConcurrency, targetUtilization: 70 } },
      'provisionedConcurrency.targetUtilization is 0.1 to 0.9, received 70',
    ],
    [
      'a clock that is none',
      { provisionedConcurrency: { ...provisionedConcurrency, schedule: [{ cron: '0 7 * * *', min: 1, max: 2 }] } },
      "provisionedConcurrency.schedule[0].cron is cron(minute hour day month weekday year), received '0 7 * * *'",
    ],
    [
      'a scheduled capacity past the reservation',
      {
        reservedConcurrency: 20,
        provisionedConcurrency: {
          ...provisionedConcurrency,
          schedule: [{ cron: 'cron(0 7 * * ? *)', min: 1, max: 21 }],
        },
      },
      'provisionedConcurrency.schedule[0].max is at most reservedConcurrency 20, received 21',
    ],
    [
      'a canary of code beside executions that are kept ready',
      { provisionedConcurrency, codeDeployment: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES },
      'provisionedConcurrency does not go together with a gradual code deployment',
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => endpoint(props)).toThrow(ScalingError);
    expect(() => endpoint(props)).toThrow(`Stack/Endpoint: ${message}`);
  });

  it('tells all that is wrong at once', () => {
    expect(() => endpoint({ memoryMb: 1, reservedConcurrency: 0, rateLimit: -1 })).toThrow(
      /memoryMb.*; reservedConcurrency.*; rateLimit/,
    );
  });

  it('leaves alone what is only known at deployment', () => {
    expect(() => endpoint({ memoryMb: Token.asNumber({ Ref: 'Memory' }) })).not.toThrow();
  });

  it('takes all at once beside executions that are kept ready, and every end of every range', () => {
    expect(() =>
      endpoint({ provisionedConcurrency, codeDeployment: LambdaDeploymentConfig.ALL_AT_ONCE, reservedConcurrency: 20 }),
    ).not.toThrow();
    for (const memoryMb of [128, 10_240]) expect(() => endpoint({ memoryMb })).not.toThrow();
    expect(() => endpoint({ timeout: Duration.seconds(29) })).not.toThrow();
  });
});

describe('executions kept for what takes releases back', () => {
  it.each([-1, 1.5, 5000])('are refused where they cannot be: %d', (reservedConcurrency) => {
    const stack = new Stack(new App(), 'Stack');
    const judged = new ModelEndpoint(stack, 'Endpoint');
    const { registry, lake } = judged;
    const problems = [`reservedConcurrency is a whole number of 0 to 1,000, received ${reservedConcurrency}`];
    expect(() => new RollbackController(stack, 'Judge', { endpoint: judged, reservedConcurrency })).toThrow(
      new ScalingError('Stack/Judge', problems),
    );
    expect(() => new ReleaseReplay(stack, 'Replays', { registry, lake, reservedConcurrency })).toThrow(
      new ScalingError('Stack/Replays', problems),
    );
    expect(DeploymentConfig.safeParse({ rollback: { reservedConcurrency } }).success).toBe(false);
  });
});

describe('scaling of the validation', () => {
  it.each<[string, Partial<DataValidationProps>, string]>([
    [
      'less concurrency than a queue can be held to',
      { maxConcurrency: 1 },
      'maxConcurrency is a whole number of 2 to 1,000, received 1',
    ],
    [
      'more concurrency than a queue can be held to',
      { maxConcurrency: 1001 },
      'maxConcurrency is a whole number of 2 to 1,000, received 1001',
    ],
    [
      'a queue that asks for more than may run',
      { maxConcurrency: 6, reservedConcurrency: 5 },
      'maxConcurrency is at most reservedConcurrency 5, received 6',
    ],
    [
      'less memory than DuckDB is given',
      { memoryMb: 1024 },
      'memoryMb is a whole number of 1,536 to 10,240, received 1024',
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => validation(props)).toThrow(`Stack/Validation: ${message}`);
  });

  it('lets a message rest for six times as long as a file may take', () => {
    const queue = of(plain, 'AWS::SQS::Queue', /^ValidationDrops/)[0];
    expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * validate.timeoutSeconds);
  });

  it('has a temporary folder for the largest file it takes, twice', () => {
    const bytes = /MAX_BYTES = (\d+) \* 1024 \*\* 3/.exec(readFileSync('usecases/validation/unpack-file.ts', 'utf8'));
    const [storage] = of(plain, 'AWS::Lambda::Function', /^ValidationFunction/).map((fn) => fn.EphemeralStorage);
    expect((storage as { Size: number }).Size).toBeGreaterThanOrEqual(2 * Number(bytes?.[1]) * 1024);
  });
});

describe('the configuration', () => {
  it('refuses what the constructs refuse, and names where it stands', () => {
    const parsed = DeploymentConfig.safeParse({
      endpoint: { reservedConcurrency: 5, provisionedConcurrency: { min: 1, max: 6 }, codeDeployment: 'canary' },
      validation: { maxConcurrency: 1 },
    });
    expect(parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'endpoint: provisionedConcurrency.max is at most reservedConcurrency 5, received 6',
      expect.stringContaining('endpoint: provisionedConcurrency does not go together'),
      'validation: maxConcurrency is a whole number of 2 to 1,000, received 1',
    ]);
  });
});
