import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { costedDeployment, FIXED_RESOURCES } from '../../cli/cost/deployment.ts';
import { PRICE_LISTS, type Prices } from '../../cli/cost/prices.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { deployment } from './deployment.ts';

describe('what is priced', () => {
  const config = { endpoint: { provisionedConcurrency: { min: 1, max: 2 } } };
  const deployed = deployment(config);
  const costed = costedDeployment(DeploymentConfig.parse(config));
  const count = (type: string): number => deployed.filter(({ Type }) => Type === type).length;

  it('is what is deployed: alarms, dashboards, keys, secrets and schedules', () => {
    const [model] = costed.models;
    expect(costed.alarms).toBe(FIXED_RESOURCES.alarms + FIXED_RESOURCES.spilloverAlarms);
    expect(count('AWS::CloudWatch::Alarm')).toBe(costed.alarms + model!.alarms + model!.alarmsHighResolution);
    expect(count('AWS::CloudWatch::Dashboard')).toBe(costed.dashboards + costed.models.length);
    expect(count('AWS::KMS::Key')).toBe(costed.keys);
    expect(count('AWS::SecretsManager::Secret')).toBe(costed.secrets);
    expect(count('AWS::Scheduler::Schedule')).toBe(costed.schedules.length);
  });

  it('has the memory that is deployed', () => {
    const memory = (id: RegExp) =>
      deployed.find(({ Type, id: name }) => Type === 'AWS::Lambda::Function' && id.test(name))?.Properties;
    expect(memory(/^EndpointFunction/)?.MemorySize).toBe(costed.memoryMb);
    expect(memory(/^EndpointFunction/)?.EphemeralStorage).toEqual({ Size: costed.temporaryMb });
    const replays = costed.schedules.find(({ name }) => name === 'replay')!;
    expect(memory(/^ReplaysReplay/)).toMatchObject({
      MemorySize: replays.memoryMb,
      EphemeralStorage: { Size: replays.temporaryMb },
    });
    expect(memory(/^ValidationFunction/)).toMatchObject({
      MemorySize: costed.validation.memoryMb,
      EphemeralStorage: { Size: costed.validation.temporaryMb },
    });
  });
});

/** What a resource of each type is billed by; a text where it costs nothing by itself, and why. */
const BILLED_BY: Readonly<Record<string, readonly (keyof Prices)[] | string>> = {
  'AWS::ApiGatewayV2::Api': ['httpRequests', 'dataOut'],
  'AWS::ApiGatewayV2::Authorizer': 'part of the API',
  'AWS::ApiGatewayV2::Integration': 'part of the API',
  'AWS::ApiGatewayV2::Route': 'part of the API',
  'AWS::ApiGatewayV2::Stage': ['customMetrics'],
  'AWS::ApplicationAutoScaling::ScalableTarget': 'its alarms are made by AWS, and what it adds is not counted',
  'AWS::ApplicationAutoScaling::ScalingPolicy': 'its alarms are made by AWS, and what it adds is not counted',
  'AWS::CDK::Metadata': 'says which CDK it was',
  'AWS::CloudFront::Distribution': 'named by the command, not counted',
  'AWS::CloudWatch::Alarm': ['alarms', 'alarmsHighResolution'],
  'AWS::CloudWatch::Dashboard': ['dashboards'],
  'AWS::CodeDeploy::Application': 'free for Lambda',
  'AWS::CodeDeploy::DeploymentGroup': 'free for Lambda',
  'AWS::DynamoDB::GlobalTable': ['tableReads', 'tableWrites'],
  'AWS::Events::Rule': ['events'],
  'AWS::Glue::Database': 'free up to a million objects',
  'AWS::Glue::Table': 'free up to a million objects, what reads them is named by the command',
  'AWS::IAM::ManagedPolicy': 'free',
  'AWS::IAM::Policy': 'free',
  'AWS::IAM::Role': 'free',
  'AWS::KMS::Alias': 'free',
  'AWS::KMS::Key': ['keys'],
  'AWS::KinesisFirehose::DeliveryStream': ['deliveryStream'],
  'AWS::Lambda::Alias': ['provisionedX64', 'onProvisionedX64'],
  'AWS::Lambda::EventInvokeConfig': 'free',
  'AWS::Lambda::EventSourceMapping': ['queueRequests'],
  'AWS::Lambda::Function': ['lambdaRequests', 'lambdaX64', 'lambdaArm64', 'lambdaStorage'],
  'AWS::Lambda::LayerVersion': 'free up to 75 GB of code',
  'AWS::Lambda::Permission': 'free',
  'AWS::Lambda::Version': 'free up to 75 GB of code',
  'AWS::Logs::LogGroup': ['logIngestion', 'logStorage'],
  'AWS::Logs::LogStream': 'part of its group',
  'AWS::Logs::MetricFilter': ['customMetrics'],
  'AWS::Logs::ResourcePolicy': 'free',
  'AWS::Logs::SubscriptionFilter': 'what it delivers is billed by the stream',
  'AWS::Route53::RecordSet': 'free as an alias; the zone is there already',
  'AWS::S3::Bucket': ['s3Storage', 's3Writes', 's3Reads'],
  'AWS::S3::BucketPolicy': 'free',
  'AWS::SNS::Subscription': 'a mail an alarm',
  'AWS::SNS::Topic': 'a mail an alarm',
  'AWS::SNS::TopicPolicy': 'free',
  'AWS::SQS::Queue': ['queueRequests'],
  'AWS::SQS::QueuePolicy': 'free',
  'AWS::Scheduler::Schedule': ['schedules'],
  'AWS::SecretsManager::Secret': ['secrets'],
};

describe('what is deployed', () => {
  const config: z.input<typeof DeploymentConfig> = {
    account: '111122223333',
    region: 'eu-central-1',
    endpoint: { provisionedConcurrency: { min: 1, max: 2 } },
    authorization: 'none',
    alarmEmail: 'ada@example.com',
    encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0aaa1bbb-2ccc-3ddd-4eee-5fff00001111',
    webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/models/0aaa1bbb',
    domain: {
      name: 'models.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0aaa1bbb',
      hostedZone: { id: 'Z0123ABC', name: 'example.com' },
    },
    network: { vpcId: 'vpc-0abc1234', subnetIds: ['subnet-0abc1234'], securityGroupIds: ['sg-0abc1234'] },
    tracing: true,
    tables: true,
  };
  const full = deployment(config);

  it('is what is counted, or named, where a key of yours, a firewall and more are configured', () => {
    const { keys, secrets, alarms, models, uncounted } = costedDeployment(DeploymentConfig.parse(config));
    const [model] = models;
    const count = (type: string): number => full.filter(({ Type }) => Type === type).length;
    expect(count('AWS::KMS::Key')).toBe(keys);
    expect(count('AWS::SecretsManager::Secret')).toBe(secrets);
    expect(count('AWS::CloudWatch::Alarm')).toBe(alarms + model!.alarms + model!.alarmsHighResolution);
    // An alias of Route 53 is free, and its zone is there already.
    expect(uncounted).toEqual([
      'CloudFront (requests, data) and the web ACL with its rules',
      'traces of X-Ray',
      'endpoints or NAT gateways of the VPC',
      'bytes that queries of Athena read',
      'your own key and its requests',
    ]);
  });

  it('has a price, type by type, or a reason why it has none', () => {
    const types = [...new Set([...full, ...deployment({})].map(({ Type }) => Type))];
    expect(types.filter((type) => !(type in BILLED_BY))).toEqual([]);
    for (const { prices, asOf, sources } of PRICE_LISTS) {
      expect(asOf).toMatch(/^20\d\d-[01]\d$/);
      expect(sources.length).toBeGreaterThan(0);
      for (const billed of Object.values(BILLED_BY))
        if (typeof billed !== 'string') for (const name of billed) expect(prices[name].usd).toBeGreaterThan(0);
    }
  });

  it('has no alarms of high resolution, unless a manifest asks for them', () => {
    const periods = deployment({}).flatMap(({ Type, Properties }) =>
      Type === 'AWS::CloudWatch::Alarm' && Properties?.Period !== undefined ? [Number(Properties.Period)] : [],
    );
    expect(periods.length).toBeGreaterThan(30);
    expect(Math.min(...periods)).toBe(60);
  });
});
