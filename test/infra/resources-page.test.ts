import { expect, it } from 'vitest';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { synthesized } from './synthesized.ts';

/** What resources of a type are, for people, in the order of the page. Those that only tie others together are left out. */
const WHAT: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'tables: the ledger',
  'AWS::S3::Bucket': 'buckets',
  'AWS::KMS::Key': 'keys',
  'AWS::SecretsManager::Secret': 'secrets',
  'AWS::ApiGatewayV2::Api': 'HTTP APIs',
  'AWS::Lambda::Function': 'functions',
  'AWS::Lambda::Alias': 'aliases of functions',
  'AWS::Lambda::LayerVersion': 'layers',
  'AWS::CodeDeploy::DeploymentGroup': 'code deployments',
  'AWS::KinesisFirehose::DeliveryStream': 'delivery streams',
  'AWS::SQS::Queue': 'queues, most of them for dead letters',
  'AWS::SNS::Topic': 'topics',
  'AWS::Events::Rule': 'rules of events',
  'AWS::Scheduler::Schedule': 'schedules',
  'AWS::CloudWatch::Alarm': 'alarms',
  'AWS::CloudWatch::Dashboard': 'dashboards',
  'AWS::Logs::LogGroup': 'groups of logs',
  'AWS::IAM::Role': 'roles',
};
const TIES =
  /Policy$|Permission$|::(Alias|Application|DeploymentConfig|EventInvokeConfig|EventSourceMapping|Integration|LogStream|Route|Stage|SubscriptionFilter|Version)$/;

const { resources } = synthesized((app) => void addTrimtab(app, DeploymentConfig.parse({})));
const STACKS = ['Stateful', 'Serving', 'DataQuality', 'Monitoring'];

const of = (stack: string, type: string) =>
  resources.filter(([id, { Type }]) => id.startsWith(`Trimtab-dev-${stack}/`) && Type === type);

/** A line of the page: how many there are in each stack, and how many outlive it. */
function row(type: string): string {
  const counts = STACKS.map((stack) => of(stack, type).length || '');
  const kept = STACKS.flatMap((stack) => of(stack, type)).filter(
    ([, resource]) => (resource as { DeletionPolicy?: string }).DeletionPolicy === 'Retain',
  ).length;
  return `| ${[WHAT[type], ...counts, kept || ''].join(' | ')} |`;
}

it('has a name for every kind of resource', () => {
  const types = [...new Set(resources.map(([, { Type }]) => Type))];
  expect(types.filter((type) => WHAT[type] === undefined && !TIES.test(type))).toEqual([]);
  expect(Object.keys(WHAT).filter((type) => !types.includes(type))).toEqual([]);
});

it('keeps the logical ids of what is stored, for another id would be another, empty one', () => {
  const kept = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'];
  expect(kept.flatMap((type) => of('Stateful', type).map(([id]) => id.split('/')[1])).sort()).toMatchInlineSnapshot(`
    [
      "AccessLogs8B620ECA",
      "DataKey17AFBB84",
      "LabelsSecretDC77E907",
      "LakeCaptures384E977C",
      "LakeData16689F05",
      "PrivacySecret6D1C2C92",
      "RegistryArtifacts7C2929DE",
      "RegistryTableDB777839",
    ]
  `);
});

it('is written down as it is in the templates', async () => {
  const page = `# What a deployment creates

Counted in the templates of the default configuration: one environment, one model. Written by \`npx vitest run test/infra/resources-page.test.ts -u\`, and held by the same test. What costs what is in [cost.md](cost.md), what every role may do in [permissions.md](permissions.md), how to remove what outlives its stack in [removing.md](removing.md).

| what | ${STACKS.map((stack) => `\`${stack}\``).join(' | ')} | outlive their stack |
| --- | --- | --- | --- | --- | --- |
${Object.keys(WHAT).map(row).join('\n')}

Together ${resources.length} resources in ${STACKS.length} stacks, with what ties these together: policies, permissions, routes, subscriptions. With \`pipeline\` there is a fifth, \`Access\`, of two roles, and one stack an account for the roles that deploy.
`;
  await expect(page).toMatchFileSnapshot('../../docs/resources.md');
});
