import { describe, expect, it } from 'vitest';
import { flat, type Resource, synthesized } from './templates.ts';

const resources = synthesized();
const of = (type: string): Resource[] => resources.filter((r) => r.type === type);
const KEY = /^<DataKey[0-9A-F]{8}(\.Arn)?>$/;
/** Where S3 delivers access logs: it cannot write into a bucket with a key of KMS. */
const isAccessLog = ({ id }: Resource): boolean => id.startsWith('AccessLogs');

/** Where each type of resource that keeps data says its key; undefined when it says none. */
const KEYS: Record<string, (resource: Resource) => unknown> = {
  'AWS::S3::Bucket': ({ properties }) =>
    properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID,
  'AWS::DynamoDB::GlobalTable': ({ properties }) => properties.Replicas[0].SSESpecification.KMSMasterKeyId,
  'AWS::SQS::Queue': ({ properties }) => properties.KmsMasterKeyId,
  'AWS::SNS::Topic': ({ properties }) => properties.KmsMasterKeyId,
  'AWS::Logs::LogGroup': ({ properties }) => properties.KmsKeyId,
  'AWS::KinesisFirehose::DeliveryStream': ({ properties }) =>
    properties.DeliveryStreamEncryptionConfigurationInput.KeyARN,
  'AWS::Lambda::Function': ({ properties }) => properties.KmsKeyArn,
  'AWS::SecretsManager::Secret': ({ properties }) => properties.KmsKeyId,
};

/** Types that keep nothing of anybody's: configuration, code, permissions, counts. */
const KEEP_NO_DATA = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::OIDCProvider',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::Lambda::Version',
  'AWS::Logs::SubscriptionFilter',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
];

describe('encryption', () => {
  it('is by the key of the environment for everything that keeps data', () => {
    const open = resources
      .filter((r) => r.type in KEYS && !isAccessLog(r))
      .filter((r) => !KEY.test(flat(KEYS[r.type]!(r) ?? 'no key')))
      .map(({ stack, id }) => `${stack}/${id}`);
    expect(open).toEqual([]);
    for (const type of Object.keys(KEYS)) expect(of(type).length, type).toBeGreaterThan(0);
  });

  it('leaves out no type of resource unseen', () => {
    const unknown = resources.map(({ type }) => type).filter((type) => !(type in KEYS) && !KEEP_NO_DATA.includes(type));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('calls KMS once for many objects, and leaves the access logs to the keys of S3', () => {
    for (const bucket of of('AWS::S3::Bucket')) {
      const [rule] = bucket.properties.BucketEncryption.ServerSideEncryptionConfiguration;
      if (isAccessLog(bucket)) expect(rule.ServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
      else expect(rule.BucketKeyEnabled).toBe(true);
    }
    expect(of('AWS::S3::Bucket').filter(isAccessLog)).toHaveLength(1);
  });

  it('has one key, rotated and retained, under the name of the environment', () => {
    const [key, ...others] = of('AWS::KMS::Key');
    expect(others).toEqual([]);
    expect(key).toMatchObject({ stack: 'Stateful', deletionPolicy: 'Retain', properties: { EnableKeyRotation: true } });
    expect(of('AWS::KMS::Alias')[0]?.properties.AliasName).toBe('alias/trimtab-dev');
  });

  it('lets in the services that act in nobody’s name, from this account only, and nobody else', () => {
    const statements = of('AWS::KMS::Key')[0]!.properties.KeyPolicy.Statement as {
      Sid?: string;
      Principal: { AWS?: unknown; Service?: unknown };
      Condition?: Record<string, Record<string, unknown>>;
    }[];
    const [root, ...services] = statements;
    // The account itself: permissions of its roles count only because of this statement.
    expect(flat(root?.Principal.AWS)).toBe('arn:aws:iam::<account>:root');
    expect(
      services.map(({ Principal, Condition }) => [
        flat(Principal.Service),
        Object.values(Condition ?? {}).flatMap((test) => Object.entries(test).map(([k, v]) => `${k} ${flat(v)}`)),
      ]),
    ).toEqual([
      [
        'logs.<region>.amazonaws.com',
        ['kms:EncryptionContext:aws:logs:arn arn:aws:logs:<region>:<account>:log-group:*'],
      ],
      ['events.amazonaws.com', ['aws:SourceAccount <account>']],
      [
        'cloudwatch.amazonaws.com',
        ['aws:SourceAccount <account>', 'aws:SourceArn arn:aws:cloudwatch:<region>:<account>:alarm:*'],
      ],
    ]);
  });

  it('is open to roles through the service that keeps the data only', () => {
    const uses = of('AWS::IAM::Policy')
      .flatMap(({ properties }) => properties.PolicyDocument.Statement as Record<string, unknown>[])
      .filter(({ Action }) => [Action].flat().some((action) => String(action).startsWith('kms:')));
    expect(uses.length).toBeGreaterThan(10);
    for (const use of uses) {
      expect(flat(use.Resource)).toMatch(KEY);
      const via = (use.Condition as { StringEquals: Record<string, unknown> }).StringEquals['kms:ViaService'];
      expect(flat(via)).toMatch(/^(s3|sqs|sns|dynamodb|secretsmanager)\.<region>\.amazonaws\.com$/);
    }
  });
});
