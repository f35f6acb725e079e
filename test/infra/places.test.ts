import { describe, expect, it } from 'vitest';
import { DeploymentConfig } from '../../infra/config.ts';
import { misplaced } from '../../infra/places.ts';
import { deployment } from './deployment.ts';

const HERE = { account: '123456789012', region: 'eu-central-1' };
const arn = (service: string, rest: string, region = HERE.region, account = HERE.account) =>
  `arn:aws:${service}:${region}:${account}:${rest}`;
const authorizer = (functionArn: string) => ({ lambda: { functionArn } });

const certificate = (region: string, account = HERE.account) => ({
  domain: { name: 'models.example.com', certificateArn: arn('acm', 'certificate/ab', region, account) },
});

describe('What a configuration names', () => {
  it.each([
    [certificate('us-east-1'), /^domain.certificateArn has to be of the region eu-central-1, received arn:aws:acm:us-/],
    [certificate(HERE.region, '210987654321'), /^domain.certificateArn has to be of the account 123456789012/],
    [
      { authorization: authorizer(arn('lambda', 'function:f', 'eu-west-1')) },
      /^authorization.lambda.functionArn .*region/,
    ],
    [
      { authorizers: { operate: authorizer(arn('lambda', 'function:f', HERE.region, '210987654321')) } },
      /^authorizers.operate.lambda.functionArn .*account/,
    ],
    [{ encryptionKeyArn: arn('kms', 'key/ab', 'eu-west-1') }, /^encryptionKeyArn has to be of the region/],
    [
      { tables: { readers: [arn('iam', 'role/analyst', ''), arn('iam', 'role/teams/analyst', '', '210987654321')] } },
      /^tables.readers\[1\] has to be of the account 123456789012/,
    ],
    [{ alarmTopics: [{ arn: arn('sns', 'pager', 'eu-west-1') }] }, /^alarmTopics\[0\].arn has to be of the region/],
  ])('is of the region and the account of its stacks: %j', (config, text) => {
    const parsed = DeploymentConfig.parse(config);
    expect(misplaced(parsed, HERE)).toEqual([expect.stringMatching(text)]);
    // Where the stacks will be is not known to everybody who synthesizes.
    expect(misplaced(parsed, {})).toEqual([]);
  });

  it('may be a key or a topic of another account', () => {
    const config = DeploymentConfig.parse({
      encryptionKeyArn: arn('kms', 'key/ab', HERE.region, '210987654321'),
      alarmTopics: [{ arn: arn('sns', 'pager', HERE.region, '210987654321') }],
    });
    expect(misplaced(config, HERE)).toEqual([]);
  });

  it('is a certificate of us-east-1 behind a firewall, wherever the stacks are', () => {
    const webAclArn = arn('wafv2', 'global/webacl/models/0aaa1bbb', 'us-east-1');
    const authorization = 'none' as const;
    const behind = (region: string) => ({ ...HERE, webAclArn, authorization, ...certificate(region) });
    const types = deployment(behind('us-east-1')).map(({ Type }) => Type);
    expect(types).toContain('AWS::CloudFront::Distribution');
    expect(() => deployment(behind(HERE.region))).toThrow(
      'the certificate of a domain of CloudFront is of us-east-1, received one of eu-central-1',
    );
    const strange = DeploymentConfig.parse({ webAclArn, ...certificate('us-east-1', '210987654321') });
    expect(misplaced(strange, HERE)).toEqual([expect.stringContaining('has to be of the account 123456789012')]);
  });

  it('is looked at before anything is synthesized', () => {
    expect(() => deployment({ environment: 'prod', ...HERE, ...certificate('us-east-1') })).toThrow(
      'environment prod: domain.certificateArn has to be of the region eu-central-1',
    );
  });
});
