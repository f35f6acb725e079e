import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addPipeline } from '../../infra/add-pipeline.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { readEnvironments, readPreviews } from '../../infra/environments.ts';
import { previewOf } from '../../infra/previews.ts';
import { workflowOutputs } from '../../infra/workflow-outputs.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Synthesized, stackOf, synthesized } from './synthesized.ts';

const PLACE = { account: '111122223333', region: 'eu-central-1' };
const CERTIFICATE = 'arn:aws:acm:eu-central-1:111122223333:certificate/0aa0aa00-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const CONFIG = {
  pipeline: { repository: 'acme/models' },
  environments: { staging: PLACE, prod: { account: '444455556666', region: 'eu-central-1' } },
  previews: { ...PLACE, pipeline: { provider: 'existing' }, tags: { owner: 'reviewers' } },
};

describe('the name of a preview', () => {
  it.each([
    ['42', 'preview-42'],
    ['drift-2', 'preview-drift-2'],
    ['feature/drift', 'preview-cb54ef50'],
    ['Drift', 'preview-'],
    ['trailing-', 'preview-'],
    ['longer-than-8', 'preview-'],
    ['日本', 'preview-'],
  ])('is made of the branch %s', (branch, begins) => {
    const name = previewOf(branch);
    expect(name).toMatch(/^preview-[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);
    if (begins === 'preview-') expect(name).toMatch(/^preview-[0-9a-f]{8}$/);
    else expect(name).toBe(begins);
  });
});

describe('a preview', () => {
  const file = path.join(temporaryFolder('previews'), 'trimtab.config.json');
  const read = (raw: object, name?: string) => {
    writeFileSync(file, JSON.stringify(raw));
    return readEnvironments(file, name);
  };
  let all: Synthesized;
  beforeAll(() => {
    const configs = [...read(CONFIG, 'preview-42'), ...read(CONFIG, 'staging')];
    all = synthesized((app) => {
      for (const config of configs) addTrimtab(app, config);
    });
  });

  it('has the settings of previews over the common ones, and is none of the environments', () => {
    expect(read(CONFIG).map(({ environment }) => environment)).toEqual(['staging', 'prod']);
    expect(read(CONFIG, 'preview-42')).toMatchObject([
      {
        environment: 'preview-42',
        preview: true,
        tags: { owner: 'reviewers' },
        pipeline: { repository: 'acme/models' },
      },
    ]);
    expect(read(CONFIG, 'staging')).toMatchObject([{ preview: false }]);
    expect(read({ previews: {} }, 'preview-42')).toMatchObject([{ environment: 'preview-42', preview: true }]);
  });

  it.each([
    [
      'one where the file has none',
      { environment: 'dev' },
      /no environment preview-42, .*; a preview needs `previews`/,
    ],
    [
      'an environment by such a name',
      { environments: { 'preview-1': PLACE }, previews: PLACE },
      /preview-1: names that begin so/,
    ],
    [
      'one beside an environment `preview`',
      { environments: { preview: {} }, previews: {} },
      /previews: begins as preview does/,
    ],
    [
      'one without a place beside others',
      { environments: { dev: PLACE }, previews: {} },
      /^[^:]*: previews: has no account/,
    ],
    [
      'a domain that each would make',
      { domain: { name: 'models.example.com', certificateArn: CERTIFICATE }, previews: {} },
      /previews\.domain: every preview would make models\.example\.com, .*`existing`.*null/,
    ],
    ['what the file says of one', { previews: { preview: false } }, /previews: unrecognized key: "preview"/],
  ])('refuses %s', (_, raw, message) => expect(() => read(raw, 'preview-42')).toThrow(message));

  it('has its name as base path of a domain that several share', () => {
    const existing = { regionalDomainName: 'd-abc.execute-api.eu-central-1.amazonaws.com', regionalHostedZoneId: 'Z1' };
    const raw = { previews: { domain: { name: 'models.example.com', existing, basePath: 'mine' } } };
    const paths = ['preview-42', 'preview-43'].map((name) => read(raw, name)[0]!.domain!.basePath);
    expect(paths).toEqual(['preview-42', 'preview-43']);
  });

  it('refuses a name that no environment can have', () =>
    expect(() => read(CONFIG, 'preview-feature/x')).toThrow(/an environment is 1 to 16 .*"preview-feature\/x"/));

  it('goes as a whole with its stacks, what it stores included; other environments keep theirs', () => {
    const kept = (environment: string) =>
      Object.entries(all.templates)
        .filter(([stack]) => stack.startsWith(`Trimtab-${environment}-`))
        .flatMap(([, { Resources }]) => Object.values(Resources) as { Type: string; DeletionPolicy?: string }[])
        .filter(({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete')
        .map(({ Type }) => Type);
    expect(kept('preview-42')).toEqual([]);
    expect(new Set(kept('staging')).size).toBeGreaterThan(4);
    const of = (environment: string, type: string) =>
      Object.values(all.templates[`Trimtab-${environment}-Stateful`]!.Resources).filter(({ Type }) => Type === type);
    const buckets = of('preview-42', 'AWS::S3::Bucket');
    // A bucket goes when it is empty, which it cannot be made while objects are locked or may not be deleted.
    expect(of('preview-42', 'Custom::S3AutoDeleteObjects')).toHaveLength(buckets.length);
    expect(of('staging', 'Custom::S3AutoDeleteObjects')).toEqual([]);
    for (const { Properties } of buckets) expect(Properties.ObjectLockEnabled).toBeUndefined();
    const sids = (environment: string) =>
      of(environment, 'AWS::S3::BucketPolicy').flatMap(({ Properties }) =>
        Properties.PolicyDocument.Statement.flatMap(({ Sid }: { Sid?: string }) => Sid ?? []),
      );
    expect(sids('preview-42')).toEqual(['WriteOnce']);
    expect(sids('staging')).toEqual(['WriteOnce', 'NeverRemove', 'ChangedByDeploymentOnly']);
    const [table] = of('preview-42', 'AWS::DynamoDB::GlobalTable');
    expect(table!.Properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
    const protectedFrom = (environment: string) =>
      stackOf(all.app, `Trimtab-${environment}-Stateful`).terminationProtection;
    expect([protectedFrom('preview-42'), protectedFrom('staging')]).toEqual([false, true]);
  });

  it('is deployed and used by jobs of one environment on GitHub, whichever branch it is of', () => {
    const [preview] = read(CONFIG, 'preview-42');
    expect(workflowOutputs(preview!)).toMatchObject({
      'deploy-role': 'arn:aws:iam::111122223333:role/trimtab-preview-deploy',
      'smoke-role': 'arn:aws:iam::111122223333:role/trimtab-preview-42-smoke',
    });
    const { resources } = synthesized((app) => {
      addPipeline(app, [
        ...read({ ...CONFIG, environments: { prod: CONFIG.environments.prod } }),
        ...readPreviews(file),
      ]);
    });
    const roles = [...resources, ...Object.entries(all.templates['Trimtab-preview-42-Access']!.Resources)].filter(
      ([, { Type, Properties }]) => Type === 'AWS::IAM::Role' && /preview/.test(Properties.RoleName),
    );
    expect(roles.map(([, { Properties }]) => Properties.RoleName)).toEqual([
      'trimtab-preview-deploy',
      'trimtab-preview-42-smoke',
      'trimtab-preview-42-models',
    ]);
    for (const [, { Properties }] of roles)
      expect(JSON.stringify(Properties.AssumeRolePolicyDocument)).toContain('"repo:acme/models:environment:preview"');
  });
});
