import { readFileSync } from 'node:fs';
import { Annotations, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Alias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { globSync } from 'tinyglobby';
import { beforeAll, describe, expect, it } from 'vitest';
import { drift } from '../../functions/drift/trigger.ts';
import * as trimtab from '../../infra/index.ts';
import { type Resource, type Synthesized, stackOf, synthesized } from './synthesized.ts';
import { flat, type Statement } from './templates.ts';

const stores = (stack: Stack) => ({
  registry: trimtab.ModelRegistry.fromAttributes(stack, 'R', {
    tableName: 'theirs',
    artifactsBucketName: 'artifacts',
    environmentName: 'dev',
  }),
  lake: trimtab.DataLake.fromAttributes(stack, 'L', { dataBucketName: 'data', capturesBucketName: 'captures' }),
});

/** How each construct with a prop `encryptionKey` is made with one, and used as its documentation says. */
const MADE: Record<string, (stack: Stack, encryptionKey: IKey) => Construct> = {
  DataLake: (stack, encryptionKey) => new trimtab.DataLake(stack, 'It', { encryptionKey }),
  DataValidation: (stack, encryptionKey) =>
    new trimtab.DataValidation(stack, 'It', { ...stores(stack), encryptionKey }),
  DeadLetterQueue(stack, encryptionKey) {
    const deadLetterQueue = new trimtab.DeadLetterQueue(stack, 'It', { encryptionKey });
    const fn = new trimtab.TrimtabFunction(stack, 'Function', { spec: drift });
    const targets = [new LambdaFunction(fn, { deadLetterQueue })];
    return new Rule(stack, 'Rule', { schedule: Schedule.expression('rate(1 day)'), targets });
  },
  DriftDetection: (stack, encryptionKey) =>
    new trimtab.DriftDetection(stack, 'It', { ...stores(stack), encryptionKey }),
  EncryptedBucket: (stack, encryptionKey) => new trimtab.EncryptedBucket(stack, 'It', { encryptionKey, events: true }),
  LabelsSecret: (stack, encryptionKey) => new trimtab.LabelsSecret(stack, 'It', { encryptionKey }),
  ModelEndpoint: (stack, encryptionKey) => new trimtab.ModelEndpoint(stack, 'It', { encryptionKey }),
  ModelRegistry: (stack, encryptionKey) => new trimtab.ModelRegistry(stack, 'It', { encryptionKey }),
  OnCall(stack, encryptionKey) {
    const it = new trimtab.OnCall(stack, 'It', { email: 'on-call@example.com', encryptionKey });
    it.hear(stack, 'dev');
    return it;
  },
  PredictionCapture(stack, encryptionKey) {
    const bucket = Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'captures', encryptionKey });
    return new trimtab.PredictionCapture(stack, 'It', { logs: new LogGroup(stack, 'Logs'), bucket, encryptionKey });
  },
  PrivacySecret: (stack, encryptionKey) => new trimtab.PrivacySecret(stack, 'It', { encryptionKey }),
  ReleaseReplay: (stack, encryptionKey) => new trimtab.ReleaseReplay(stack, 'It', { ...stores(stack), encryptionKey }),
  RollbackController(stack, encryptionKey) {
    const endpoint = new trimtab.ModelEndpoint(stack, 'Endpoint', stores(stack));
    return new trimtab.RollbackController(stack, 'It', { endpoint, encryptionKey });
  },
  ScheduledFunction: (stack, encryptionKey) =>
    new trimtab.ScheduledFunction(stack, 'It', { spec: drift, encryptionKey }),
  TrimtabFunction: (stack, encryptionKey) => new trimtab.TrimtabFunction(stack, 'It', { spec: drift, encryptionKey }),
  WriteOnceBucket: (stack, encryptionKey) => new trimtab.WriteOnceBucket(stack, 'It', { encryptionKey }),
};

/** One construct for each kind of resource that takes a key. */
const BY_ALIAS = ['DataLake', 'DataValidation', 'ModelEndpoint', 'OnCall', 'PredictionCapture', 'PrivacySecret'];

/** What speaks of keys, and is given none: it reads those of the stores that it is given. */
const GIVEN_NONE = ['DataKey', 'LakeTables', 'ReplayRole'];

type Template = Synthesized['templates'][string];
const of = ({ Resources }: Template, type: string): [string, Resource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** Services that the policy of a queue or topic with a key lets in, and that of log groups with one. */
function actWithoutRole(template: Template): string[] {
  const services = new Set<string>();
  for (const [kind, member, policies] of [
    ['AWS::SQS::Queue', 'Queues', 'AWS::SQS::QueuePolicy'],
    ['AWS::SNS::Topic', 'Topics', 'AWS::SNS::TopicPolicy'],
  ] as const)
    for (const [id, { Properties }] of of(template, kind))
      for (const [, policy] of Properties.KmsMasterKeyId === undefined ? [] : of(template, policies))
        if (policy.Properties[member].some(({ Ref }: { Ref: string }) => Ref === id))
          for (const { Principal } of policy.Properties.PolicyDocument.Statement as Statement[])
            if (Principal?.Service !== undefined) services.add(flat(Principal.Service));
  if (of(template, 'AWS::Logs::LogGroup').some(([, { Properties }]) => Properties?.KmsKeyId !== undefined))
    services.add('logs.<region>.amazonaws.com');
  return [...services].sort();
}

/** Services that the key's policy lets in, as often as it does. */
const letIn = (template: Template): string[] =>
  of(template, 'AWS::KMS::Key')
    .flatMap(([, { Properties }]) => Properties.KeyPolicy.Statement as Statement[])
    .flatMap(({ Principal }) => (Principal?.Service === undefined ? [] : [flat(Principal.Service)]))
    .sort();

const imported = (stack: Stack, id = 'Key'): IKey =>
  Key.fromKeyArn(stack, id, 'arn:aws:kms:eu-central-1:123456789012:key/theirs');

/** The warnings of these constructs, in a tree. */
const warnings = (scope: Construct): string[] =>
  scope.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(
      ({ type, data }) => type === 'aws:cdk:warning' && /\[ack: trimtab:(imported|access-logs)-key/.test(String(data)),
    )
    .map(({ data }) => String(data));

describe('a key of one’s own', () => {
  it('is tried with every construct that takes one', () => {
    const sources = globSync('infra/constructs/*.ts').map((file) => readFileSync(file, 'utf8'));
    const exported = sources
      .filter((source) => /\bencryptionKey\b/.test(source))
      .flatMap((source) => [...source.matchAll(/^export class (\w+)/gm)].map(([, name]) => name!))
      .filter((name) => name in trimtab);
    expect(exported.filter((name) => !GIVEN_NONE.includes(name)).sort()).toEqual(Object.keys(MADE).sort());
  });

  describe('and of one’s own stack', () => {
    const names = Object.keys(MADE);
    const region = 'eu-central-1';
    let all: Synthesized;
    beforeAll(() => {
      all = synthesized((app) => {
        for (const [i, [name, make]] of Object.entries(MADE).entries()) {
          const own = new Stack(app, `Own${name}`);
          make(own, new Key(own, 'Key'));
          // In an account of its own: registries of one place need names of their own.
          const given = new Stack(app, `Given${name}`, { env: { account: String(123456789012 + i), region } });
          make(given, imported(given));
        }
      });
    });

    it.each(names)('lets in the services that act without a role, each once, and no other: %s', (name) => {
      expect(letIn(all.templates[`Own${name}`]!)).toEqual(actWithoutRole(all.templates[`Own${name}`]!));
      expect(warnings(stackOf(all.app, `Own${name}`))).toEqual([]);
    });

    it.each(names)('is warned about when it is imported, with these services: %s', (name) => {
      const said = warnings(stackOf(all.app, `Given${name}`)).join('\n');
      const named = [...said.matchAll(/"Principal":\{"Service":"([^"]+)"\}/g)].map(([, service]) => service!);
      expect(named.map((service) => service.replace(region, '<region>')).sort()).toEqual(
        actWithoutRole(all.templates[`Own${name}`]!),
      );
    });
  });

  it('may be named by an alias whose key is known, and is what permissions and resources name', () => {
    const { templates } = synthesized((app) => {
      for (const name of BY_ALIAS) {
        const stack = new Stack(app, name);
        MADE[name]!(stack, new Key(stack, 'Key').addAlias('theirs'));
      }
    });
    for (const name of BY_ALIAS) {
      const { Resources, ...rest } = templates[name]!;
      const others = Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::KMS::Alias');
      expect(others.filter(([, resource]) => /alias\/|KeyAlias/.test(JSON.stringify(resource)))).toEqual([]);
      expect(JSON.stringify(rest)).not.toMatch(/KeyAlias/);
      expect(letIn(templates[name]!)).toEqual(actWithoutRole(templates[name]!));
    }
  });

  it.each(BY_ALIAS)('is refused where only the name of its alias is known: %s', (name) => {
    const stack = new Stack();
    expect(() => MADE[name]!(stack, Alias.fromAliasName(stack, 'Key', 'alias/theirs'))).toThrow(
      "Default/Key: a key is given by itself or by an alias whose key is known, received the name of an alias, 'alias/theirs': permissions are on keys",
    );
  });

  it('of another stack lets a service in once for all that is given it', () => {
    const { templates } = synthesized((app) => {
      const key = new Key(new Stack(app, 'State'), 'Key');
      for (const name of ['OnCall', 'DataValidation', 'DriftDetection']) MADE[name]!(new Stack(app, name), key);
    });
    expect(letIn(templates.State!)).toEqual([
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
      'logs.<region>.amazonaws.com',
    ]);
  });

  it('of a topic that is given lets CloudWatch in, and so does the topic; imported ones are warned about', () => {
    const { app, templates } = synthesized((app) => {
      const stack = new Stack(app, 'Given');
      const topic = new Topic(stack, 'Topic', { masterKey: new Key(stack, 'Key'), enforceSSL: true });
      new trimtab.OnCall(stack, 'It', { topics: [topic] });
      const elsewhere = new Stack(app, 'Elsewhere', { env: { account: '123456789012', region: 'eu-central-1' } });
      const theirs = Topic.fromTopicAttributes(elsewhere, 'Theirs', {
        topicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call',
        keyArn: 'arn:aws:kms:eu-central-1:123456789012:key/theirs',
      });
      new trimtab.OnCall(elsewhere, 'It', { topics: [theirs] }).hear(elsewhere, 'dev');
    });
    expect(letIn(templates.Given!)).toEqual(['cloudwatch.amazonaws.com']);
    expect(actWithoutRole(templates.Given!)).toEqual(['cloudwatch.amazonaws.com']);
    const said = stackOf(app, 'Elsewhere')
      .node.findAll()
      .flatMap(({ node }) => node.metadata)
      .flatMap(({ type, data }) => (type === 'aws:cdk:warning' ? [String(data)] : []));
    expect(said.map((text) => /\[ack: ([^\]]+)\]/.exec(text)?.[1]).sort()).toEqual([
      'trimtab:imported-key-cloudwatch',
      'trimtab:imported-topic',
    ]);
    expect(said.join()).toContain('"Action":"sns:Publish"');
  });

  it('that is imported is warned about with the statements that its policy needs, until that is acknowledged', () => {
    const page = readFileSync('docs/security-model.md', 'utf8');
    let acknowledged: Stack | undefined;
    const { app } = synthesized((app) => {
      const stack = new Stack(app, 'Given');
      const key = imported(stack);
      MADE.TrimtabFunction!(stack, key);
      for (const name of ['OnCall', 'DataValidation']) MADE[name]!(new Stack(app, `${name}s`), key);
      acknowledged = new Stack(app, 'Acknowledged');
      for (const service of ['logs', 'events', 'cloudwatch'])
        Annotations.of(acknowledged).acknowledgeWarning(`trimtab:imported-key-${service}`, 'the policy has it');
      MADE.DataValidation!(acknowledged, imported(acknowledged));
    });
    const said = warnings(app);
    expect(said).toHaveLength(3);
    const statements = said.map((text) => JSON.parse(/\{.*\}/.exec(text)![0]) as object);
    const documented = /<!-- held by test\/infra\/key-users -->\n```json\n([\s\S]*?)```/.exec(page)![1]!;
    expect(JSON.parse(documented)).toEqual(expect.arrayContaining(statements));
    expect(JSON.parse(documented)).toHaveLength(1 + statements.length);
    expect(warnings(acknowledged!)).toEqual([]);
  });

  it('is none for the bucket that access logs go to', () => {
    const { app } = synthesized((app) => {
      const stack = new Stack(app, 'Logs');
      const accessLogs = new trimtab.EncryptedBucket(stack, 'To', { encryptionKey: new Key(stack, 'Key') });
      new trimtab.EncryptedBucket(stack, 'From', { accessLogs });
      new trimtab.EncryptedBucket(stack, 'Fine', { accessLogs: new trimtab.EncryptedBucket(stack, 'Plain') });
    });
    expect(warnings(app)).toEqual([
      expect.stringContaining('those of Logs/From get lost while Logs/To has a key of KMS'),
    ]);
  });
});
