import { describe, expect, it } from 'vitest';
import { addPipeline } from '../../infra/add-pipeline.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { parseEnvironments } from '../../infra/environments.ts';
import { type Resource, synthesized } from './synthesized.ts';
import { admits } from './trust.ts';

const STAGING = { account: '111122223333', region: 'eu-central-1' };
const PROD = { account: '444455556666', region: 'eu-west-1' };
const IDS = { ownerId: 11, repositoryId: 22 };
const REPOSITORY = 'acme/trimtab';

const configs = (pipeline: object, environments: object = { staging: STAGING, prod: PROD }) =>
  parseEnvironments({ pipeline: { repository: REPOSITORY, ...pipeline }, environments });

/** Roles by their names, of the stacks of an administrator. */
function rolesOf(pipeline: object, environments?: object): Record<string, Resource['Properties']> {
  const { resources } = synthesized((app) => void addPipeline(app, configs(pipeline, environments)));
  return byName(resources);
}

const byName = (resources: ReturnType<typeof synthesized>['resources']): Record<string, Resource['Properties']> =>
  Object.fromEntries(
    resources.filter(([, r]) => r.Type === 'AWS::IAM::Role').map(([, r]) => [r.Properties.RoleName, r.Properties]),
  );

/** A token of GitHub for a job. */
const token = (sub: string, aud = 'sts.amazonaws.com') => ({ sub, aud });

describe('the roles of the pipeline', () => {
  describe.each([
    ['by names', {}, (job: string) => `repo:acme/trimtab:${job}`],
    [
      'by numbers, as repositories made since July 2026 send them',
      IDS,
      (job: string) => `repo:acme@11/trimtab@22:${job}`,
    ],
  ])('trusting %s', (_, ids, subject) => {
    const roles = rolesOf(ids);
    const who = (name: string, sub: string, aud?: string): boolean =>
      admits(roles[name]!.AssumeRolePolicyDocument, token(sub, aud));

    it('let pull requests look up, and nothing else', () => {
      expect(who('trimtab-diff', subject('pull_request'))).toBe(true);
      expect(who('trimtab-prod-deploy', subject('pull_request'))).toBe(false);
      expect(who('trimtab-staging-deploy', subject('pull_request'))).toBe(false);
    });

    it('let jobs of an environment deploy to that one only', () => {
      expect(who('trimtab-staging-deploy', subject('environment:staging'))).toBe(true);
      expect(who('trimtab-prod-deploy', subject('environment:prod'))).toBe(true);
      expect(who('trimtab-prod-deploy', subject('environment:staging'))).toBe(false);
      expect(who('trimtab-staging-deploy', subject('environment:prod'))).toBe(false);
      expect(who('trimtab-diff', subject('environment:prod'))).toBe(false);
    });

    it.each([
      ['a fork, in its own workflows', 'repo:mallory/trimtab:environment:prod'],
      ['a fork that was made since July 2026', 'repo:mallory@666/trimtab@667:environment:prod'],
      ['a repository whose name begins the same', 'repo:acme/trimtab-evil:environment:prod'],
      ['an owner whose name ends the same', 'repo:notacme/trimtab:environment:prod'],
      ['an environment whose name begins the same', subject('environment:prod-copy')],
      ['an environment in capitals', subject('environment:PROD')],
      ['a branch without an environment', subject('ref:refs/heads/main')],
      ['a tag', subject('ref:refs/tags/v1')],
      ['an environment within another subject', `repo:mallory/x:ref:refs/heads/${subject('environment:prod')}`],
      ['a name that was given up and taken again', 'repo:acme@12/trimtab@23:environment:prod'],
      ['a wildcard', '*'],
      ['nobody', ''],
    ])('never let %s deploy', (_who, sub) => {
      for (const name of ['trimtab-prod-deploy', 'trimtab-staging-deploy', 'trimtab-diff'])
        expect(who(name, sub), name).toBe(false);
    });

    it('take no token that is meant for somebody else', () => {
      expect(who('trimtab-prod-deploy', subject('environment:prod'), 'https://github.com/acme')).toBe(false);
    });
  });

  it('trust one form of subject, not both', () => {
    const { 'trimtab-prod-deploy': prod } = rolesOf(IDS);
    expect(admits(prod!.AssumeRolePolicyDocument, token('repo:acme/trimtab:environment:prod'))).toBe(false);
  });

  it('may take on the bootstrap roles of their own account and region, and nothing else', () => {
    const { resources } = synthesized((app) => void addPipeline(app, configs(IDS)));
    const statements = Object.fromEntries(
      resources
        .filter(([, r]) => r.Type === 'AWS::IAM::Policy')
        .map(([id, r]) => [id.replace(/^Trimtab-Pipeline-(\d+)\/Roles(\w+?)DefaultPolicy.*/, '$1 $2'), r]),
    );
    const arn = (role: string, account: string, region: string) => ({
      'Fn::Join': [
        '',
        ['arn:', { Ref: 'AWS::Partition' }, `:iam::${account}:role/cdk-hnb659fds-${role}-role-${account}-${region}`],
      ],
    });
    const allowed = (...roles: unknown[]) => [
      { Action: 'sts:AssumeRole', Effect: 'Allow', Resource: roles.length === 1 ? roles[0] : roles },
    ];
    const found = Object.fromEntries(
      Object.entries(statements).map(([id, r]) => [id, r.Properties.PolicyDocument.Statement]),
    );
    expect(found).toEqual(
      Object.fromEntries(
        Object.entries({ staging: STAGING, prod: PROD }).flatMap(([name, { account, region }]) => [
          [`${account} Diff`, allowed(arn('lookup', account, region))],
          [
            `${account} Deploy${name}`,
            allowed(...['deploy', 'file-publishing', 'lookup'].map((role) => arn(role, account, region))),
          ],
        ]),
      ),
    );
    for (const [, { Type, Properties }] of resources.filter(([, r]) => r.Type === 'AWS::IAM::Role')) {
      expect(Properties, Type).not.toHaveProperty('ManagedPolicyArns');
      expect(Properties.MaxSessionDuration).toBe(3_600);
    }
  });

  it('have one provider an account, or use the one that is there', () => {
    const providers = (pipeline: object) =>
      synthesized(
        (app) =>
          void addPipeline(app, configs(pipeline, { staging: STAGING, prod: { ...STAGING, region: 'eu-west-1' } })),
      )
        .resources.filter(([, r]) => r.Type === 'AWS::IAM::OIDCProvider')
        .map(([, r]) => r.Properties);
    expect(providers({})).toMatchObject([
      { Url: 'https://token.actions.githubusercontent.com', ClientIdList: ['sts.amazonaws.com'] },
    ]);
    expect(providers({ provider: 'existing' })).toEqual([]);
  });

  it('are bounded when a boundary is named', () => {
    const roles = rolesOf({ permissionsBoundary: 'developers' });
    expect(Object.keys(roles)).toHaveLength(3);
    for (const role of Object.values(roles))
      expect(JSON.stringify(role.PermissionsBoundary)).toContain(':policy/developers');
    for (const role of Object.values(rolesOf({}))) expect(role).not.toHaveProperty('PermissionsBoundary');
  });

  it('are refused for environments that say not where they are, or disagree in one account', () => {
    const [dev] = parseEnvironments({ pipeline: { repository: REPOSITORY } });
    expect(() => synthesized((app) => void addPipeline(app, [dev!]))).toThrow('must name its account and region');
    const two = configs(
      {},
      { staging: STAGING, prod: { ...STAGING, region: 'eu-west-1', pipeline: { qualifier: 'other' } } },
    );
    expect(() => synthesized((app) => void addPipeline(app, two))).toThrow(/staging and prod are in account .* differ/);
  });

  describe('in what is deployed', () => {
    const { resources } = synthesized((app) => {
      for (const config of configs(IDS, { prod: PROD })) addTrimtab(app, config);
    });
    const own = resources.filter(([id]) => id.startsWith('Trimtab-prod-Access/'));
    const actions = (policy: RegExp): string[] =>
      own
        .filter(([id, r]) => r.Type === 'AWS::IAM::Policy' && policy.test(id))
        .flatMap(([, r]) => r.Properties.PolicyDocument.Statement)
        .flatMap((statement: { Action: string | string[] }) => statement.Action)
        .filter((action) => !action.startsWith('kms:'))
        .sort();

    it('let jobs of the environment ask the endpoint without writing anything', () => {
      expect(actions(/Smoke/)).toEqual([
        'cloudformation:DescribeStacks',
        'dynamodb:GetItem',
        'dynamodb:Query',
        'execute-api:Invoke',
        's3:GetObject',
      ]);
    });

    it('let jobs of the environment release models without deploying anything', () => {
      const may = actions(/Models/);
      expect(may).toContain('dynamodb:PutItem');
      expect(may.filter((action) => /Delete|Update|sts:|iam:|lambda:|execute-api/.test(action))).toEqual([]);
    });

    it('trust the same jobs as the role that deploys', () => {
      const roles = byName(own);
      expect(Object.keys(roles).sort()).toEqual(['trimtab-prod-models', 'trimtab-prod-smoke']);
      for (const role of Object.values(roles)) {
        const trust = role.AssumeRolePolicyDocument;
        expect(admits(trust, token('repo:acme@11/trimtab@22:environment:prod'))).toBe(true);
        expect(admits(trust, token('repo:acme@11/trimtab@22:pull_request'))).toBe(false);
        expect(admits(trust, token('repo:mallory@666/trimtab@667:environment:prod'))).toBe(false);
      }
    });

    it('are not there without a pipeline', () => {
      const without = synthesized((app) => addTrimtab(app, parseEnvironments({})[0]!));
      expect(Object.keys(without.templates).filter((name) => name.includes('Access'))).toEqual([]);
    });
  });
});
