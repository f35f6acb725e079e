import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../infra/constructs/data-lake.ts';
import { LakeTables } from '../../infra/constructs/lake-tables.ts';
import { deployment } from './deployment.ts';

function stackWithTables(databaseName = 'trimtab_prod'): Template {
  const stack = new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'eu-central-1' } });
  const lake = new DataLake(stack, 'Lake', { encryptionKey: new Key(stack, 'Key') });
  const tables = new LakeTables(stack, 'Tables', { lake, databaseName, captureRetention: Duration.days(30) });
  tables.grantQuery(new Role(stack, 'Analyst', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  return Template.fromStack(stack);
}

describe('LakeTables', () => {
  const template = stackWithTables();

  it('describes captures and truths, with partitions that nobody has to register', () => {
    template.hasResourceProperties('AWS::Glue::Table', {
      DatabaseName: 'trimtab_prod',
      TableInput: Match.objectLike({
        Name: 'captures',
        TableType: 'EXTERNAL_TABLE',
        Parameters: Match.objectLike({ 'projection.enabled': 'true', 'projection.dt.range': 'NOW-31DAYS,NOW' }),
        PartitionKeys: [Match.objectLike({ Name: 'dt' }), Match.objectLike({ Name: 'hour' })],
      }),
    });
    template.hasResourceProperties('AWS::Glue::Table', {
      TableInput: Match.objectLike({
        Name: 'joined_truths',
        PartitionKeys: Match.arrayWith([Match.objectLike({ Name: 'model' })]),
      }),
    });
  });

  it('lets somebody who may query read what tables are of, and write nothing', () => {
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    const actions = policies.flatMap(({ Properties }) =>
      (Properties.PolicyDocument.Statement as { Action: string | string[] }[]).flatMap(({ Action }) => Action),
    );
    expect([...new Set(actions)].sort()).toEqual([
      'glue:GetDatabase',
      'glue:GetPartition',
      'glue:GetPartitions',
      'glue:GetTable',
      'glue:GetTables',
      'kms:Decrypt',
      's3:GetBucketLocation',
      's3:GetObject',
      's3:ListBucket',
    ]);
    const text = JSON.stringify(policies);
    for (const part of [
      '/captures/*',
      '/datasets/*',
      '/ground-truth/joined/*',
      ':table/trimtab_prod/*',
      ':catalog',
      's3:prefix',
    ])
      expect(text).toContain(part);
    for (const part of ['quarantine', 'incoming']) expect(text).not.toContain(part);
  });

  it('refuses a name that the catalogue does not take', () => {
    expect(() => stackWithTables('Trimtab-Prod')).toThrow("received 'Trimtab-Prod'");
  });

  it('is deployed where the configuration says so, under the name of the environment', () => {
    const tables = deployment({ environment: 'two-b', tables: true }).filter(
      ({ Type }) => Type === 'AWS::Glue::Database',
    );
    expect(tables.map(({ Properties }) => Properties.DatabaseInput.Name)).toEqual(['trimtab_two_b']);
  });

  it('lets roles that the configuration names query', () => {
    const tables = { readers: ['arn:aws:iam::123456789012:role/teams/analyst'] };
    const policies = deployment({ account: '123456789012', region: 'eu-central-1', tables }).filter(
      ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles?.includes('analyst'),
    );
    expect(policies).toHaveLength(1);
    expect(JSON.stringify(policies)).toContain('glue:GetTables');
  });

  it('takes nothing from what another environment or region lets the same role query', () => {
    const reader = 'arn:aws:iam::123456789012:role/analyst';
    const names = [
      { environment: 'dev', region: 'eu-central-1' },
      { environment: 'staging', region: 'eu-central-1' },
      { environment: 'dev', region: 'eu-west-1' },
    ].flatMap((place) =>
      deployment({ ...place, account: '123456789012', tables: { readers: [reader] } })
        .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles?.includes('analyst'))
        .map(({ Properties }) => JSON.stringify(Properties.PolicyName)),
    );
    expect(names).toHaveLength(3);
    // Inline policies of a role are told apart by their names alone: the last that is deployed would be the one it has.
    expect(new Set(names).size).toBe(3);
  });
});
