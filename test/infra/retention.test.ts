import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flat, type Resource, synthesized } from './templates.ts';

const resources = synthesized();
const of = (type: string): Resource[] => resources.filter((each) => each.type === type);
const place = ({ stack, id }: Resource): string => `${stack}/${id}`;
const named = (type: string, id: string): Resource => of(type).find((each) => each.id.startsWith(id))!;

interface Policy {
  readonly Statement: readonly { Effect: string; Principal: unknown; Action: unknown; Condition?: unknown }[];
}

/** Whether a policy refuses everybody who does not use TLS, for everything. */
const refusesPlain = (policy: Policy | undefined, action: string): boolean =>
  (policy?.Statement ?? []).some(
    ({ Effect, Principal, Action, Condition }) =>
      Effect === 'Deny' &&
      /^("\*"|\{"AWS":"\*"\})$/.test(JSON.stringify(Principal)) &&
      [Action].flat().includes(action) &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );

describe('in transit', () => {
  it.each([
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket', 's3:*'],
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues', 'sqs:*'],
    ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics', 'sns:Publish'],
  ])('everything goes by TLS: every %s refuses the rest', (type, policyType, member, action) => {
    expect(of(type).length).toBeGreaterThan(0);
    const open = of(type).filter(({ stack, id }) => {
      const policy = of(policyType).find(
        ({ stack: own, properties }) =>
          own === stack && [properties[member]].flat().some((ref) => flat(ref).startsWith(`<${id}`)),
      );
      return !refusesPlain(policy?.properties.PolicyDocument as Policy | undefined, action);
    });
    expect(open.map(place)).toEqual([]);
  });

  it('is TLS 1.2 or newer for buckets', () => {
    for (const { properties } of of('AWS::S3::BucketPolicy'))
      expect(JSON.stringify(properties.PolicyDocument)).toContain('{"NumericLessThan":{"s3:TlsVersion":1.2}}');
  });
});

describe('the public', () => {
  it('is kept out of every bucket, and no policy allows everybody anything', () => {
    for (const bucket of of('AWS::S3::Bucket'))
      expect(bucket.properties.PublicAccessBlockConfiguration, place(bucket)).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    for (const type of ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'])
      for (const policy of of(type))
        for (const { Effect, Principal, Condition } of (policy.properties.PolicyDocument as Policy).Statement)
          if (Effect === 'Allow' && Condition === undefined)
            expect(JSON.stringify(Principal), place(policy)).not.toContain('"*"');
  });
});

describe('services that act in nobody’s name', () => {
  const services = (type: string) =>
    of(type).flatMap(({ properties }) =>
      (properties.PolicyDocument as Policy).Statement.filter(
        ({ Effect, Principal }) => Effect === 'Allow' && 'Service' in Object(Principal),
      ),
    );

  it.each([
    ['AWS::SNS::TopicPolicy', 'cloudwatch.amazonaws.com'],
    ['AWS::SQS::QueuePolicy', 'events.amazonaws.com'],
  ])('reach what they send to from this account only: %s, %s', (type, service) => {
    const statements = services(type).filter(
      ({ Principal }) => flat((Principal as { Service: unknown }).Service) === service,
    );
    expect(statements.length).toBeGreaterThan(0);
    for (const { Condition } of statements) {
      const { StringEquals, ArnEquals } = Condition as Record<string, Record<string, unknown> | undefined>;
      // By the account, or by the one rule whose letters they are.
      const from = StringEquals?.['aws:SourceAccount'] ?? ArnEquals?.['aws:SourceArn'];
      expect(flat(from)).toMatch(/^(<account>|<\w+\.Arn>)$/);
    }
  });
});

describe('retention', () => {
  it('is set for every log group', () => {
    expect(of('AWS::Logs::LogGroup').length).toBeGreaterThan(5);
    for (const group of of('AWS::Logs::LogGroup'))
      expect(group.properties.RetentionInDays, place(group)).toBeGreaterThan(0);
    // A function that names no group would have Lambda make one that is kept for ever, and is not encrypted by the key.
    for (const fn of of('AWS::Lambda::Function'))
      expect(flat(fn.properties.LoggingConfig.LogGroup), place(fn)).toMatch(/Logs[0-9A-F]{8}>$/);
  });

  const rules = (bucket: string) =>
    (named('AWS::S3::Bucket', bucket).properties.LifecycleConfiguration.Rules as Record<string, unknown>[])
      .map(({ Status, ...rule }) => rule)
      .filter((rule) => !('AbortIncompleteMultipartUpload' in rule));

  it('ends for captures after 90 days, for quarantined rows and access logs after a year, for what was replaced after 30 days', () => {
    expect(rules('LakeCaptures')).toEqual([{ ExpirationInDays: 90 }]);
    expect(rules('AccessLogs')).toEqual([{ ExpirationInDays: 365 }]);
    expect(rules('LakeData')).toEqual(
      expect.arrayContaining([
        { NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
        { Prefix: 'quarantine/', ExpirationInDays: 365 },
      ]),
    );
  });

  it('never ends for artifacts, and for nothing does it leave parts of uploads that were given up', () => {
    expect(rules('RegistryArtifacts')).toEqual([]);
    for (const bucket of of('AWS::S3::Bucket'))
      expect(bucket.properties.LifecycleConfiguration.Rules, place(bucket)).toContainEqual({
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        Status: 'Enabled',
      });
  });

  it('outlives the stack for whatever keeps data for people', () => {
    for (const type of [
      'AWS::S3::Bucket',
      'AWS::DynamoDB::GlobalTable',
      'AWS::KMS::Key',
      'AWS::SecretsManager::Secret',
    ])
      for (const resource of of(type)) expect(resource.deletionPolicy, place(resource)).toBe('Retain');
    expect(named('AWS::DynamoDB::GlobalTable', 'RegistryTable').properties.Replicas[0]).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('that outlives a stack is told, with its stacks, to whoever wants to remove it', () => {
    const [, table = ''] = /held by test\/infra\/retention\.test\.ts -->\n([\s\S]*?)\n\n/.exec(
      readFileSync('docs/removing.md', 'utf8'),
    )!;
    const told = [...table.matchAll(/^\| `(AWS::[\w:]+)` \|[^|]*\| ([\w, ]+) \|/gm)].map(
      ([, type, stacks]) => `${type}: ${stacks}`,
    );
    const left = new Map<string, Set<string>>();
    for (const { type, stack, deletionPolicy } of resources)
      if (deletionPolicy !== undefined && deletionPolicy !== 'Delete')
        left.set(type, (left.get(type) ?? new Set()).add(stack));
    expect(told.sort()).toEqual([...left].map(([type, stacks]) => `${type}: ${[...stacks].sort().join(', ')}`).sort());
  });

  it('does not end with the next deployment for versions of functions: an alias goes back to them', () => {
    expect(of('AWS::Lambda::Version').length).toBeGreaterThan(0);
    for (const version of of('AWS::Lambda::Version')) expect(version.deletionPolicy, place(version)).toBe('Retain');
  });

  it('is two weeks for dead letters, long enough for somebody to come back from holidays', () => {
    const letters = of('AWS::SQS::Queue').filter(({ id }) => /DeadLetters/.test(id));
    expect(letters.length).toBeGreaterThan(3);
    for (const queue of letters) expect(queue.properties.MessageRetentionPeriod, place(queue)).toBe(14 * 86_400);
  });
});
