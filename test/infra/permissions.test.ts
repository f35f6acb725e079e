import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS, WILDCARDS } from '../../infra/permissions/list.ts';
import { resourceNameOf } from '../../infra/permissions/names.ts';
import { SETTING_PERMISSIONS } from '../../infra/permissions/settings.ts';
import { permissionsPage } from '../../scripts/docs/permissions-page.ts';
import { flat, isRole, type Resource, roleOf, type Statement, statementsOf, synthesized } from './templates.ts';

const resources = synthesized();
const of = (...types: string[]): Resource[] => resources.filter(({ type }) => types.includes(type));
const all = <T>(value: T | T[]): T[] => [value].flat() as T[];

/** `key = value` of every condition; the equal-to tests are all that a permission here may carry. */
function conditions({ Condition = {} }: Statement): string[] {
  return Object.entries(Condition).flatMap(([test, keys]) => {
    expect(['StringEquals', 'StringLike']).toContain(test);
    return Object.entries(keys).map(
      ([key, value]) => `${key} = ${all(value).map(flat).join(' or ').replaceAll('.<region>.amazonaws.com', '')}`,
    );
  });
}

/** Every single thing that is allowed, as a line. */
const lines = (may: readonly string[], on: readonly string[], when: readonly string[]): string[] =>
  may.flatMap((action) => on.map((name) => [`${action} on ${name}`, ...when].join(' when ')));

describe('permissions', () => {
  it('are listed for every role of the app, and for no other', () => {
    const listed = PERMISSIONS.map(({ role }) => role);
    const unlisted = of('AWS::IAM::Role').filter((resource) => !listed.some((role) => isRole(resource, role)));
    expect(unlisted.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
    for (const role of listed)
      expect(
        of('AWS::IAM::Role').filter((resource) => isRole(resource, role)),
        role,
      ).toHaveLength(1);
  });

  it.each(PERMISSIONS)(
    'of $name are those on the list: nothing more, nothing less',
    ({ role, permissions, managed = [] }) => {
      const resource = roleOf(resources, role);
      const granted = statementsOf(resources, resource).flatMap((statement) => {
        expect(statement.Effect).toBe('Allow');
        return lines(
          all(statement.Action),
          all(statement.Resource).map(flat).map(resourceNameOf),
          conditions(statement),
        );
      });
      const listed = permissions.flatMap(({ may, on, when = [] }) => lines(may, on, when));
      expect([...new Set(granted)].sort()).toEqual([...new Set(listed)].sort());
      expect(((resource.properties.ManagedPolicyArns as unknown[]) ?? []).map(flat)).toEqual(
        managed.map(({ policy }) => `arn:aws:iam::aws:policy/${policy}`),
      );
    },
  );

  it('of settings are those on their list, for each role of a function, and no code of a function may what Lambda may', () => {
    const surroundings = synthesized({
      network: { vpcId: 'vpc-0abc1234', subnetIds: ['subnet-0abc1234'], securityGroupIds: ['sg-0abc1234'] },
      tracing: true,
      webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/models/0aaa1bbb',
      authorization: { jwt: { issuer: 'https://example.com/issuer', audience: ['apps'] } },
    });
    const grantedBy = (within: Resource[], role: string, effect: Statement['Effect']): string[] =>
      statementsOf(within, roleOf(within, role))
        .filter(({ Effect }) => Effect === effect)
        .flatMap(({ Action, Resource: on }) => lines(all(Action), all(on).map(flat).map(resourceNameOf), []));
    for (const { name, role } of PERMISSIONS.filter((each) => each.assumedBy === 'lambda.amazonaws.com')) {
      const before = new Set(grantedBy(resources, role, 'Allow'));
      const added = grantedBy(surroundings, role, 'Allow').filter((line) => !before.has(line));
      const listed = SETTING_PERMISSIONS.filter((each) => each.role === undefined || each.role === name).flatMap(
        ({ permissions }) => permissions.flatMap(({ may, on }) => lines(may, on, [])),
      );
      expect([...new Set(added)].sort(), name).toEqual(listed.sort());
      const [network] = SETTING_PERMISSIONS;
      const denied = network!.permissions.flatMap(({ may, on }) => lines(may, on, []));
      expect(grantedBy(surroundings, role, 'Deny').sort(), name).toEqual(denied.sort());
    }
  });

  it('knows resources by name whether partition, region and account are values or not', () => {
    for (const [partition, region, account] of [
      ['aws', 'eu-central-1', '111122223333'],
      ['<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>'],
    ]) {
      const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
      expect(
        [
          arn('events', 'event-bus/default'),
          arn('cloudformation', 'stack/Trimtab-prod-Serving/*'),
          arn('execute-api', 'Trimtab-prod-Serving:ExportsOutputRefEndpointApiB7AE4D0461C89D3F/$default/GET/*'),
        ].map(resourceNameOf),
      ).toEqual(['default bus', 'stack Serving/*', 'api/$default/GET/*']);
    }
  });

  it.each(PERMISSIONS)('of $name are for $assumedBy', ({ role, assumedBy }) => {
    const trust = roleOf(resources, role).properties.AssumeRolePolicyDocument;
    const [statement, ...others] = trust.Statement as Statement[];
    expect(others).toEqual([]);
    const { Service, Federated, AWS } = statement!.Principal!;
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Action: Federated ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole',
    });
    const who = flat(Service ?? Federated ?? AWS)
      .replace('arn:aws:iam::<account>:oidc-provider/', '')
      .replace('arn:aws:iam::123456789012:role/reviewers', '<replay.assumedBy>');
    const when = conditions(statement!).map((condition) =>
      condition
        .replace('repo:acme/trimtab:', 'repo:<repository>:')
        .replace('environment:dev', 'environment:<environment>')
        .replace('environment:prod', 'environment:<pipeline.copiedBy>'),
    );
    expect([who, ...when].join(' when ')).toBe(assumedBy);
  });

  describe('to open what is encrypted in captures', () => {
    const namesWith = (...wanted: (readonly [action: string, resource: string])[]): string[] =>
      PERMISSIONS.filter(({ permissions }) =>
        wanted.every(([action, name]) => permissions.some(({ may, on }) => may.includes(action) && on.includes(name))),
      ).map(({ name }) => name);
    const CAPTURES = ['s3:GetObject', 'captures/captures/*'] as const;
    const PRIVACY = ['secretsmanager:GetSecretValue', 'privacy secret'] as const;
    const LABELS = ['secretsmanager:GetSecretValue', 'labels secret'] as const;

    it('are in the role of replays alone: captures and the secret that opens them are nowhere else together', () => {
      expect(namesWith(CAPTURES, PRIVACY)).toEqual(['replay']);
      // The others that have one of the two.
      expect(namesWith(CAPTURES)).toEqual(['drift', 'ground-truth', 'replay', 'function replay']);
      expect(namesWith(PRIVACY)).toEqual(['infer', 'validate', 'replay']);
      // Captures pass through the log of the endpoint, too.
      expect(PERMISSIONS.flatMap(({ permissions }) => permissions.flatMap(({ may }) => may))).not.toContainEqual(
        expect.stringMatching(/^logs:(Get|Filter|StartQuery|StartLiveTail|Unmask)/),
      );
    });

    it('are not where labels are sealed, which have a secret of their own', () => {
      expect(namesWith(LABELS)).toEqual(['ground-truth', 'replay', 'function replay']);
      const secrets = of('AWS::SecretsManager::Secret').map(({ id }) => resourceNameOf(`<${id}.Arn>`));
      expect(secrets.sort()).toEqual(['labels secret', 'privacy secret']);
      const named = of('AWS::Lambda::Function')
        .filter(({ properties }) => JSON.stringify(properties.Environment).includes('LabelsSecret'))
        .map(({ id, properties }) => [id, JSON.stringify(properties.Environment).includes('PrivacySecret')]);
      // Where no manifest lets encrypted features be opened, what asks again has no secret that would.
      expect(named).toEqual([
        [expect.stringMatching(/^DriftGroundTruth/), false],
        [expect.stringMatching(/^ReplaysReplay/), false],
      ]);
    });

    it('can be had by no role in another way: by taking another role on, by running as it, or from a policy of the secret', () => {
      const statements = of('AWS::IAM::Role').flatMap((role) => statementsOf(resources, role));
      const ways =
        /^(sts:AssumeRole|iam:|lambda:(Update|Create|Add|Put)|secretsmanager:(?!GetSecretValue$)|kms:(CreateGrant|PutKeyPolicy))/;
      expect(statements.flatMap(({ Action }) => all(Action)).filter((action) => ways.test(action))).toEqual([]);
      expect(of('AWS::SecretsManager::ResourcePolicy')).toEqual([]);
      // Nor does a function of the app take the role of replays on: one person or role that the configuration names does.
      const trust = roleOf(resources, PERMISSIONS.find(({ name }) => name === 'replay')!.role).properties;
      const principals = (trust.AssumeRolePolicyDocument.Statement as Statement[]).map(({ Principal }) => Principal);
      expect(principals).toEqual([{ AWS: 'arn:aws:iam::123456789012:role/reviewers' }]);
    });
  });

  it('of whoever writes what is never overwritten are to look at it, too: a write that was refused may be its own', () => {
    for (const { name, permissions } of PERMISSIONS) {
      const on = (action: string): string[] => permissions.flatMap(({ may, on }) => (may.includes(action) ? on : []));
      const written = on('s3:PutObject').filter((keys) => keys.startsWith('artifacts/'));
      expect(on('s3:GetObject'), name).toEqual(expect.arrayContaining(written));
    }
    // Those that there are.
    const writers = PERMISSIONS.filter(({ permissions }) =>
      permissions.some(
        ({ may, on }) => may.includes('s3:PutObject') && on.some((keys) => keys.startsWith('artifacts/')),
      ),
    );
    expect(writers.map(({ name }) => name)).toEqual(['rollback', 'advance', 'pipeline: models']);
  });

  it('have no wildcard in an action, and those on the list in resources', () => {
    const statements = of('AWS::IAM::Role').flatMap((role) => statementsOf(resources, role));
    expect(statements.flatMap(({ Action }) => all(Action)).filter((action) => /[*?]/.test(action))).toEqual([]);
    const wild = statements
      .flatMap(({ Resource }) => all(Resource).map(flat))
      .filter((resource) => /[*?]/.test(resource));
    expect([...new Set(wild.map(resourceNameOf))].sort()).toEqual([...WILDCARDS].sort());
  });

  it('belong to roles only: there are no users, groups, and policies of anybody else', () => {
    expect(of('AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::AccessKey', 'AWS::IAM::UserPolicy')).toEqual([]);
    for (const { properties } of of('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')) {
      expect(properties.Users ?? properties.Groups).toBeUndefined();
      expect(properties.Roles).toHaveLength(1);
    }
  });

  it('have a reason each, and are on the page that people read', () => {
    for (const { permissions, managed = [] } of PERMISSIONS)
      for (const { why } of [...permissions, ...managed]) expect(why.length).toBeGreaterThan(5);
    expect(readFileSync('docs/permissions.md', 'utf8'), 'npm run generate').toBe(permissionsPage());
  });
});

describe('nameOf', () => {
  it.each([
    ['<RegistryArtifacts7C2929DE.Arn>/baselines/*', 'artifacts/baselines/*'],
    ['Trimtab-dev-Stateful:ExportsOutputFnGetAttRegistryArtifacts7C2929DEArn1A2B3C4D/models/*', 'artifacts/models/*'],
    ['Trimtab-dev-Stateful:ExportsOutputRefPrivacySecret6D1C2C92AB12CD34', 'privacy secret'],
    ['Trimtab-dev-Stateful:ExportsOutputRefLabelsSecret6D1C2C92AB12CD34', 'labels secret'],
    ['arn:aws:events:eu-central-1:111122223333:event-bus/default', 'default bus'],
    ['<EndpointLive153B4A06>', 'endpoint'],
    ['arn:aws:cloudformation:<region>:<account>:stack/Trimtab-dev-Stateful/*', 'stack Stateful/*'],
    ['arn:aws:execute-api:<region>:<account>:<EndpointApi4F160690>/*', 'api/*'],
    ['arn:aws:execute-api:eu-central-1:1:Trimtab-dev-Serving:ExportsOutputRefEndpointApi4F160690AB12CD34/*', 'api/*'],
    ['<SomethingElse153B4A06.Arn>/*', '<SomethingElse153B4A06.Arn>/*'],
    ['*', '*'],
  ])('calls %s %s', (resource, name) => {
    expect(resourceNameOf(resource)).toBe(name);
  });
});
