import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../infra/permissions/list.ts';
import { type Decision, evaluate, type PolicyStatement } from './iam.ts';
import { flat, type Resource, roleOf, statementsOf, synthesized } from './templates.ts';

const resources = synthesized();
const one = (type: string, id: string): Resource =>
  resources.find((each) => each.type === type && each.id.startsWith(id))!;

/** Statements with every reference replaced by its flat form, as names of things. */
function plain(statements: unknown): PolicyStatement[] {
  return JSON.parse(JSON.stringify(statements), (_, value) =>
    typeof value === 'object' && value !== null && /^(Ref|Fn::.*)$/.test(Object.keys(value)[0] ?? '')
      ? flat(value)
      : value,
  ) as PolicyStatement[];
}

const artifacts = `<${one('AWS::S3::Bucket', 'RegistryArtifacts').id}.Arn>`;
const ledger = `<${one('AWS::DynamoDB::GlobalTable', 'RegistryTable').id}.Arn>`;
const key = `<${one('AWS::KMS::Key', 'DataKey').id}.Arn>`;
const bucketPolicy = plain(one('AWS::S3::BucketPolicy', 'RegistryArtifacts').properties.PolicyDocument.Statement);
const tablePolicy = plain(
  one('AWS::DynamoDB::GlobalTable', 'RegistryTable').properties.Replicas[0].ResourcePolicy.PolicyDocument.Statement,
);

/** Somebody who may do everything that nothing denies. */
const ADMINISTRATOR: PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
const identities = new Map<string, PolicyStatement[]>([
  ...PERMISSIONS.map(
    ({ name, role }) => [name, plain(statementsOf(resources, roleOf(resources, role)))] as [string, PolicyStatement[]],
  ),
  ['an administrator', ADMINISTRATOR],
]);
const EVERYBODY = [...identities.keys()];

const TLS = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
type Context = Record<string, string | string[]>;

function may(name: string, action: string, resource: string, context: Context = {}): Decision {
  const principal = `arn:aws:iam::<account>:role/${name}`;
  return evaluate(
    { principal, action, resource, context: { ...TLS, ...context } },
    identities.get(name)!,
    policyOf(resource),
  );
}

function policyOf(resource: string): PolicyStatement[] {
  if (resource.startsWith(artifacts)) return bucketPolicy;
  return resource === ledger ? tablePolicy : [];
}

/** Names of those who may. */
const whoMay = (action: string, resource: string, context?: Context): string[] =>
  EVERYBODY.filter((name) => may(name, action, resource, context) === 'allowed');

const OBJECTS = ['models/a.onnx', 'baselines/a.json', 'cards/a.md', 'releases/m/1.json'].map(
  (k) => `${artifacts}/${k}`,
);

describe('the ledger', () => {
  it.each([
    'dynamodb:DeleteItem',
    'dynamodb:UpdateItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLDelete',
    'dynamodb:PartiQLUpdate',
    'dynamodb:PartiQLInsert',
    'dynamodb:UpdateTimeToLive',
  ])('is safe from %s, whoever asks', (action) => {
    expect(whoMay(action, ledger)).toEqual([]);
    expect(may('an administrator', action, ledger)).toBe('explicitly denied');
  });

  it('is appended to by the rollback, the advance of canaries and the pipeline of models, and by nobody else', () => {
    expect(whoMay('dynamodb:PutItem', ledger)).toEqual(['rollback', 'advance', 'pipeline: models', 'an administrator']);
  });

  it('is read by every function', () => {
    expect(whoMay('dynamodb:Query', ledger)).toEqual(
      expect.arrayContaining(['infer', 'validate', 'drift', 'ground-truth', 'rollback', 'advance']),
    );
  });
});

describe('artifacts', () => {
  it.each(OBJECTS)('are not overwritten: %s', (object) => {
    // A plain put, a copy, the beginning of an upload in parts: none of them carries the header.
    expect(whoMay('s3:PutObject', object)).toEqual([]);
    expect(may('an administrator', 's3:PutObject', object)).toBe('explicitly denied');
    expect(may('an administrator', 's3:PutObject', object, { 's3:if-none-match': '*' })).toBe('allowed');
  });

  it.each([
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:BypassGovernanceRetention',
    's3:ReplicateObject',
    's3:ReplicateDelete',
  ])('are safe from %s, whoever asks', (action) => {
    for (const object of OBJECTS) expect(whoMay(action, object)).toEqual([]);
  });

  it('are written by functions under releases/ only, each once', () => {
    const first = { 's3:if-none-match': '*' };
    for (const object of OBJECTS.slice(0, 3))
      expect(whoMay('s3:PutObject', object, first)).toEqual(['pipeline: models', 'an administrator']);
    expect(whoMay('s3:PutObject', OBJECTS[3]!, first)).toEqual([
      'rollback',
      'advance',
      'pipeline: models',
      'an administrator',
    ]);
  });

  it.each([
    's3:PutBucketPolicy',
    's3:DeleteBucketPolicy',
    's3:PutBucketVersioning',
    's3:PutLifecycleConfiguration',
    's3:PutBucketObjectLockConfiguration',
    's3:DeleteBucket',
  ])('stay so: %s is for a deployment, and for the root user of the account', (action) => {
    expect(whoMay(action, artifacts)).toEqual([]);
    const as = (principal: string, context: Context = {}): Decision =>
      evaluate(
        { principal, action, resource: artifacts, context: { ...TLS, ...context } },
        ADMINISTRATOR,
        bucketPolicy,
      );
    expect(as('arn:aws:iam::<account>:role/cdk-hnb659fds-cfn-exec-role-<account>-<region>')).toBe('allowed');
    expect(as('arn:aws:iam::<account>:user/ada', { 'aws:CalledVia': ['cloudformation.amazonaws.com'] })).toBe(
      'allowed',
    );
    expect(as('arn:aws:iam::<account>:root')).toBe('allowed');
    expect(as('arn:aws:iam::<account>:role/cdk-hnb659fds-deploy-role-<account>-<region>')).toBe('explicitly denied');
    expect(as('arn:aws:iam::<account>:user/ada', { 'aws:CalledVia': ['athena.amazonaws.com'] })).toBe(
      'explicitly denied',
    );
  });

  it('are kept by S3 itself, in versions that it refuses to remove for a year', () => {
    expect(one('AWS::S3::Bucket', 'RegistryArtifacts').properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }],
      },
    });
  });
});

describe('what each may see', () => {
  it('shows models to no function but the endpoint and what asks them again', () => {
    expect(whoMay('s3:GetObject', `${artifacts}/models/a.onnx`)).toEqual([
      'infer',
      'replay',
      'function replay',
      'pipeline: models',
      'pipeline: copy',
      'an administrator',
    ]);
    expect(whoMay('s3:GetObject', `${artifacts}/baselines/a.json`)).toEqual([
      'infer',
      'validate',
      'drift',
      'ground-truth',
      'replay',
      'function replay',
      'rollback',
      'advance',
      'pipeline: smoke',
      'pipeline: models',
      'pipeline: copy',
      'an administrator',
    ]);
  });

  it('opens the key to nobody past the services that keep the data', () => {
    for (const name of EVERYBODY.filter((each) => each !== 'an administrator')) {
      expect(may(name, 'kms:Decrypt', key)).toBe('denied');
      expect(may(name, 'kms:Decrypt', key, { 'kms:ViaService': 'ec2.<region>.amazonaws.com' })).toBe('denied');
    }
    expect(may('infer', 'kms:Decrypt', key, { 'kms:ViaService': 's3.<region>.amazonaws.com' })).toBe('allowed');
    expect(may('infer', 'kms:Encrypt', key, { 'kms:ViaService': 'dynamodb.<region>.amazonaws.com' })).toBe('denied');
    expect(whoMay('kms:ScheduleKeyDeletion', key)).toEqual(['an administrator']);
  });

  it('answers nobody without TLS', () => {
    expect(may('infer', 's3:GetObject', OBJECTS[0]!, { 'aws:SecureTransport': 'false' })).toBe('explicitly denied');
    expect(may('infer', 's3:GetObject', OBJECTS[0]!, { 's3:TlsVersion': '1.1' })).toBe('explicitly denied');
  });
});
