import type { Permission, RolePermissions } from './permission.ts';

export const HERE = 'aws:SourceAccount = <account>';
const through = (service: 's3' | 'dynamodb' | 'sqs' | 'sns' | 'secretsmanager'): string =>
  `kms:ViaService = ${service}`;
export const key = (may: readonly string[], service: Parameters<typeof through>[0], why: string): Permission => ({
  may: may.map((action) => `kms:${action}`),
  on: ['key'],
  when: [through(service)],
  why,
});

/** Writing the function's own log, which the log service encrypts itself. */
export const ownLog = (name: string): Permission => ({
  may: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  on: [`log of ${name}`, `log of ${name}:*`],
  why: 'its own log; the names of the streams in it are Lambda’s',
});

export const readLedger = (why: string): readonly Permission[] => [
  { may: ['dynamodb:GetItem', 'dynamodb:Query'], on: ['ledger'], why },
  key(['Decrypt', 'DescribeKey'], 'dynamodb', 'the ledger is encrypted'),
];

/** Appending an entry to the ledger, and storing the release beside it. */
export const append: readonly Permission[] = [
  {
    may: ['dynamodb:PutItem'],
    on: ['ledger'],
    why: 'appends entries, on the condition that there is none of that number; changes and deletions are denied to all',
  },
  key(
    ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'],
    'dynamodb',
    'what DynamoDB asks of whoever writes to an encrypted table',
  ),
  {
    may: ['s3:PutObject', 's3:GetObject'],
    on: ['artifacts/releases/*'],
    why: 'keeps the release for endpoints that start without the ledger, and sees whether one in the way is its own',
  },
  key(['Decrypt', 'GenerateDataKey'], 's3', 'the stores are encrypted'),
];

export const keepFailures = (name: string): readonly Permission[] => [
  { may: ['sqs:SendMessage'], on: [`dead letters of ${name}`], why: 'keeps calls that failed for good' },
  key(['Decrypt', 'GenerateDataKey'], 'sqs', 'the queue is encrypted'),
];

export const tellTheBus: Permission = { may: ['events:PutEvents'], on: ['default bus'], why: 'tells of what it did' };

export const readPrivacySecret: readonly Permission[] = [
  {
    may: ['secretsmanager:GetSecretValue'],
    on: ['privacy secret'],
    why: 'pseudonyms and envelopes of personal fields',
  },
  key(['Decrypt'], 'secretsmanager', 'the secret is encrypted'),
];

export const readLabelsSecret = (why: string): readonly Permission[] => [
  { may: ['secretsmanager:GetSecretValue'], on: ['labels secret'], why },
  key(['Decrypt'], 'secretsmanager', 'the secret is encrypted'),
];

/** Permissions that the rollback and the advance of rollouts have in common. */
export const watchReleases: readonly Permission[] = [
  ...readLedger('what is released, and since when'),
  ...append,
  {
    may: ['s3:GetObject'],
    on: ['artifacts/baselines/*', 'artifacts/side-by-side/*'],
    why: 'the error rate that a version had when it was trained, and how it compared when it was registered',
  },
  { may: ['s3:GetObject'], on: ['data/quality/*'], why: 'truths and inputs of versions, counted by hour' },
  {
    may: ['s3:GetObject', 's3:PutObject'],
    on: ['data/judge/*'],
    why: 'what a person is asked, since when, and evidence that is too much for an entry',
  },
  { may: ['s3:ListBucket'], on: ['data'], why: 'which hours are counted, and learns that an object is not there' },
  {
    may: ['lambda:InvokeFunction'],
    on: ['endpoint'],
    why: 'asks the endpoint what it serves: a rollback counts when it is seen',
  },
  { may: ['cloudwatch:GetMetricData'], on: ['*'], why: 'compares the variants; the action knows no resources' },
  tellTheBus,
];

export const readCapturesPermission: readonly Permission[] = [
  { may: ['s3:GetObject'], on: ['captures/captures/*'], why: 'captured predictions; their keys are not known before' },
  {
    may: ['s3:ListBucket'],
    on: ['captures', 'data'],
    why: 'looks into the hours of captures, and learns that an object is not there',
  },
  key(['Decrypt', 'GenerateDataKey'], 's3', 'the stores are encrypted'),
];

/** Role of a schedule, which calls a function and keeps calls that failed as dead letters. */
export const schedule = (name: string, role: string): RolePermissions => ({
  name: `schedule of ${name}`,
  role,
  assumedBy: `scheduler.amazonaws.com when ${HERE}`,
  permissions: [
    { may: ['lambda:InvokeFunction'], on: [`function ${name}`], why: 'runs it' },
    { may: ['sqs:SendMessage'], on: [`dead letters of ${name}`], why: 'keeps runs that could not be made' },
    key(['Decrypt', 'GenerateDataKey'], 'sqs', 'the queue is encrypted'),
  ],
});
