import { beforeAll, describe, expect, it } from 'vitest';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { parseEnvironments } from '../../infra/environments.ts';
import { type Synthesized, stackOf, synthesized } from './synthesized.ts';

const STACKS = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'];

/** Resources that AWS gives no tags. */
const KNOW_NO_TAGS = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::IAM::Policy',
  'AWS::KMS::Alias',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::Logs::SubscriptionFilter',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::ResourcePolicy',
];

const CONFIG = {
  tags: { owner: 'ml-platform', 'cost-center': '4711' },
  environments: {
    staging: { account: '111122223333', region: 'eu-central-1', authorization: 'none' },
    prod: {
      account: '444455556666',
      region: 'eu-west-1',
      architecture: 'arm64',
      alarmEmail: 'on-call@example.com',
      tags: { 'cost-center': '0815' },
    },
  },
};

describe('one synthesis for several environments', () => {
  let all: Synthesized;
  beforeAll(() => {
    all = synthesized((app) => {
      for (const config of parseEnvironments(CONFIG)) addTrimtab(app, config);
    });
  });

  const of = (environment: string, type: string) =>
    all.resources
      .filter(([id, { Type }]) => id.startsWith(`Trimtab-${environment}-`) && Type === type)
      .map(([, { Properties }]) => Properties);

  it('makes plain stacks, each in its own account and region', () => {
    expect(all.app.node.children.filter((child) => child.node.id.startsWith('Trimtab')).map((c) => c.node.id)).toEqual(
      ['staging', 'prod'].flatMap((environment) => STACKS.map((stack) => `Trimtab-${environment}-${stack}`)),
    );
    for (const [environment, { account, region }] of Object.entries(CONFIG.environments))
      for (const name of STACKS)
        expect(stackOf(all.app, `Trimtab-${environment}-${name}`)).toMatchObject({ account, region });
  });

  it('lets no stack refer to one of another environment', () => {
    for (const [name, template] of Object.entries(all.templates)) {
      const other = name.includes('-staging-') ? 'Trimtab-prod-' : 'Trimtab-staging-';
      expect(JSON.stringify(template), name).not.toContain(other);
      const { account } = name.includes('-staging-') ? CONFIG.environments.prod : CONFIG.environments.staging;
      expect(JSON.stringify(template), name).not.toContain(account);
    }
  });

  it('gives each environment its own settings', () => {
    for (const fn of of('staging', 'AWS::Lambda::Function')) expect(fn.Architectures).toEqual(['x86_64']);
    for (const fn of of('prod', 'AWS::Lambda::Function')) expect(fn.Architectures).toEqual(['arm64']);
    expect(of('staging', 'AWS::SNS::Subscription')).toEqual([]);
    expect(of('prod', 'AWS::SNS::Subscription')).toEqual([
      expect.objectContaining({ Endpoint: 'on-call@example.com' }),
    ]);
    expect(of('staging', 'AWS::ApiGatewayV2::Route')[0]?.AuthorizationType).toBe('NONE');
    expect(of('prod', 'AWS::ApiGatewayV2::Route')[0]?.AuthorizationType).toBe('AWS_IAM');
  });

  it('tags every resource that takes tags', () => {
    const untagged = new Set<string>();
    for (const environment of ['staging', 'prod'])
      for (const name of STACKS) {
        const stack = stackOf(all.app, `Trimtab-${environment}-${name}`);
        const wanted = {
          owner: 'ml-platform',
          'cost-center': environment === 'prod' ? '0815' : '4711',
          'trimtab:application': 'trimtab',
          'trimtab:environment': environment,
        };
        expect(stack.tags.tagValues(), stack.stackName).toEqual(wanted);
        for (const [id, { Type, Properties }] of Object.entries(all.templates[stack.stackName]!.Resources)) {
          const found = tagsIn(Properties);
          if (found === undefined) untagged.add(Type);
          else expect(found, `${stack.stackName}/${id}`).toMatchObject(wanted);
        }
      }
    for (const type of untagged) expect(KNOW_NO_TAGS).toContain(type);
  });
});

/** Tags of a resource in any of the forms that CloudFormation has for them. */
function tagsIn(properties: Record<string, unknown> = {}): Record<string, string> | undefined {
  const tags = properties.Tags ?? (properties.Replicas as { Tags?: unknown }[] | undefined)?.[0]?.Tags;
  if (!Array.isArray(tags)) return tags as Record<string, string> | undefined;
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
