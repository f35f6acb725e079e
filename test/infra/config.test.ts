import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, parseEnvironments, readEnvironments } from '../../infra/environments.ts';
import { configSchema } from '../../scripts/docs/json-schemas.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const STAGING = { account: '111122223333', region: 'eu-central-1' };
const PROD = { account: '444455556666', region: 'eu-central-1' };

describe('the configuration', () => {
  it('is one environment, dev, without a file', () => {
    expect(readEnvironments('no-such-file.json')).toEqual([
      expect.objectContaining({ environment: 'dev', architecture: 'x64', authorization: 'iam', tags: {} }),
    ]);
  });

  it('is one environment by the name it gives, without environments', () => {
    expect(parseEnvironments({ environment: 'prod', region: 'eu-central-1' })).toEqual([
      expect.objectContaining({ environment: 'prod', region: 'eu-central-1' }),
    ]);
  });

  it('lays what an environment says over what is common: objects are merged, anything else is replaced', () => {
    const [staging, prod] = parseEnvironments({
      architecture: 'arm64',
      alarmEmail: 'ml@example.com',
      tags: { owner: 'ml', 'cost-center': '4711' },
      environments: {
        staging: STAGING,
        prod: { ...PROD, alarmEmail: 'on-call@example.com', models: ['a', 'b'], tags: { owner: 'sre' } },
      },
    });
    expect(staging).toMatchObject({
      ...STAGING,
      environment: 'staging',
      architecture: 'arm64',
      alarmEmail: 'ml@example.com',
      models: ['models/flight-delay/v1'],
      tags: { owner: 'ml', 'cost-center': '4711' },
    });
    expect(prod).toMatchObject({
      ...PROD,
      environment: 'prod',
      architecture: 'arm64',
      alarmEmail: 'on-call@example.com',
      models: ['a', 'b'],
      tags: { owner: 'sre', 'cost-center': '4711' },
    });
  });

  it.each([
    ['a list', [], 'expected an object, received an array'],
    [
      'an unknown member',
      { regoin: 'x' },
      /^trimtab\.config\.json: unrecognized key: "regoin"; allowed: .*region.*environments/,
    ],
    ['an unknown value', { architecture: 'arm' }, /architecture: .*"x64"\|"arm64", received "arm"/],
    ['a short account', { account: '1234' }, 'account: an account is 12 digits, received "1234"'],
    ['a tag of AWS’s own', { tags: { 'aws:x': 'y' } }, /tags\.aws:x: a tag’s name is/],
    ['no environments', { environments: {} }, 'environments: expected an object of at least one, received none'],
    [
      'a name that no stack can have',
      { environments: { Prod: PROD } },
      /environments\.Prod: an environment is .* received "Prod"/,
    ],
    [
      'a wrong value of one',
      { environments: { prod: { ...PROD, authorization: 'jwt' } } },
      /environments\.prod\.authorization: .* received "jwt"/,
    ],
    [
      'an unknown member of one',
      { environments: { prod: { ...PROD, mail: 'x' } } },
      /environments\.prod: unrecognized key: "mail"; allowed: .*alarmEmail/,
    ],
    ['a name twice', { environment: 'prod', environments: { prod: PROD } }, /environment: names the only environment/],
    [
      'a name within',
      { environments: { prod: { ...PROD, environment: 'x' } } },
      /environments\.prod\.environment: it has its name/,
    ],
    [
      'one of several without a place',
      { environments: { staging: STAGING, prod: {} } },
      /environments\.prod: has no account; of several environments each names both, or none names either/,
    ],
    [
      'one that goes by the pattern of another’s stacks',
      { environments: { 'prod-eu': STAGING, prod: PROD } },
      /environments\.prod-eu: begins as prod does; whoever deploys Trimtab-prod-\* would deploy both/,
    ],
    [
      'a mail beside common topics',
      {
        alarmTopics: [{ arn: 'arn:aws:sns:eu-central-1:111122223333:on-call' }],
        environments: { prod: { ...PROD, alarmEmail: 'ml@example.com' } },
      },
      /^trimtab\.config\.json: environments\.prod: alarmEmail .* alarmTopics .* received both, "ml@example\.com" and arn.*null here/,
    ],
    ['a null of what is none', { environments: { dev: { eventBuss: null } } }, /unrecognized key: "eventBuss"/],
    [
      'a region of China',
      { region: 'cn-north-1' },
      /^trimtab\.config\.json: region: .*services have other names there.*, received "cn-north-1"/,
    ],
  ])('refuses %s', (_, raw, message) => {
    expect(() => parseEnvironments(raw)).toThrow(ConfigError);
    expect(() => parseEnvironments(raw)).toThrow(message);
  });

  it('replaces alternatives by what an environment says, and takes back what it sets to null', () => {
    const jwt = { issuer: 'https://example.com/issuer', audience: ['apps'] };
    const lambda = { functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:who' };
    const [dev, prod] = parseEnvironments({
      authorization: { jwt },
      authorizers: { truth: { lambda }, read: 'none' },
      eventBus: 'ml-events',
      alarmTopics: [{ arn: 'arn:aws:sns:eu-central-1:111122223333:on-call' }],
      environments: {
        dev: {},
        prod: {
          authorization: { lambda },
          authorizers: { truth: { jwt } },
          eventBus: null,
          alarmTopics: null,
          alarmEmail: 'ml@example.com',
        },
      },
    });
    expect(dev).toMatchObject({ authorization: { jwt }, authorizers: { read: 'none' }, eventBus: 'ml-events' });
    expect(prod).toMatchObject({ authorizers: { truth: { jwt }, read: 'none' }, alarmEmail: 'ml@example.com' });
    expect(prod!.authorization).toEqual({ lambda: { ...lambda, cacheSeconds: 300, header: 'authorization' } });
    expect(prod).not.toHaveProperty('eventBus');
    expect(prod).not.toHaveProperty('alarmTopics');
  });

  it('takes environments side by side that name no place: all are where the command line points', () => {
    const configs = parseEnvironments({ environments: { dev: {}, staging: { endpoint: { memoryMb: 3_538 } } } });
    expect(configs.map(({ environment, account, region }) => [environment, account, region])).toEqual([
      ['dev', undefined, undefined],
      ['staging', undefined, undefined],
    ]);
  });

  it('takes names of which one begins with another, but not as its stacks do', () => {
    expect(parseEnvironments({ environments: { prod: PROD, production: STAGING } })).toHaveLength(2);
  });

  it('takes two environments of one account in two regions', () => {
    const environments = { staging: STAGING, prod: { ...STAGING, region: 'us-east-1' } };
    expect(parseEnvironments({ environments })).toHaveLength(2);
  });

  describe('in a file', () => {
    const folder = temporaryFolder('config');
    const file = path.join(folder, 'trimtab.config.json');
    beforeAll(() => writeFileSync(file, JSON.stringify({ environments: { staging: STAGING, prod: PROD } })));

    it('narrows to one environment, and says which there are', () => {
      expect(readEnvironments(file).map((e) => e.environment)).toEqual(['staging', 'prod']);
      expect(readEnvironments(file, 'prod').map((e) => e.environment)).toEqual(['prod']);
      expect(() => readEnvironments(file, 'test')).toThrow('no environment test, there are: staging, prod');
    });

    it('says where it is not JSON', () => {
      const broken = path.join(folder, 'broken.json');
      writeFileSync(broken, '{"region": }');
      expect(() => readEnvironments(broken)).toThrow(/broken\.json: is not JSON: /);
    });
  });

  it('is as docs/deploy.md shows it', () => {
    const [, example] = /held by test\/infra\/config\.test\.ts -->\n```json\n([\s\S]*?)```/.exec(
      readFileSync('docs/deploy.md', 'utf8'),
    )!;
    expect(parseEnvironments(JSON.parse(example!))).toMatchObject([
      { environment: 'staging', tags: { owner: 'ml-platform', 'cost-center': '4711' } },
      { environment: 'prod', architecture: 'arm64', tags: { owner: 'ml-platform', 'cost-center': '0815' } },
    ]);
  });

  it('is completed by editors from the schema that parses it', () => {
    expect(readFileSync('schemas/trimtab.config.schema.json', 'utf8')).toBe(configSchema());
  });
});
