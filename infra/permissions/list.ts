import { invokeResources } from '../access-routes.ts';
import {
  append,
  HERE,
  keepFailures,
  key,
  ownLog,
  readCapturesPermission,
  readLabelsSecret,
  readLedger,
  readPrivacySecret,
  schedule,
  tellTheBus,
  watchReleases,
} from './common.ts';
import type { RolePermissions } from './permission.ts';

const LAMBDA = 'lambda.amazonaws.com';

/** A role of the pipeline, for the jobs that GitHub lets into the environment; there when a pipeline is configured. */
const pipeline = (name: string, role: string, permissions: RolePermissions['permissions']): RolePermissions => ({
  name: `pipeline: ${name}`,
  role,
  assumedBy: `token.actions.githubusercontent.com when ${[
    'token.actions.githubusercontent.com:aud = sts.amazonaws.com',
    'token.actions.githubusercontent.com:sub = repo:<repository>:environment:<environment>',
  ].join(' when ')}`,
  permissions: [
    ...permissions,
    {
      may: ['cloudformation:DescribeStacks'],
      on: ['stack Stateful/*', 'stack Serving/*'],
      why: 'names and address of what is deployed, from the outputs; the end of a stack’s id is not known before',
    },
  ],
});

/**
 * All roles of the app with all their permissions and the reasons. The constructs grant permissions independently of this
 * list; a test compares the synthesized templates with it in both directions (test/infra/permissions.test.ts), so that no
 * permission is added or lost unnoticed. docs/permissions.md is generated from it.
 */
export const PERMISSIONS: readonly RolePermissions[] = [
  {
    name: 'infer',
    role: 'Serving/Endpoint/FunctionParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('infer'),
      ...readLedger('what is released; it never writes there'),
      {
        may: ['s3:GetObject'],
        on: ['artifacts/models/*', 'artifacts/baselines/*', 'artifacts/rehearsals/*', 'artifacts/releases/*'],
        why: 'loads whatever model the ledger names, with what is usual of it and what it answered when it was registered; starts from the last release that is kept when the ledger is down',
      },
      {
        may: ['s3:ListBucket'],
        on: ['artifacts'],
        when: ['s3:prefix = releases/*'],
        why: 'looks for the newest release that is kept, and at nothing else',
      },
      ...readPrivacySecret,
      {
        may: ['s3:PutObject'],
        on: ['data/ground-truth/incoming/*'],
        why: 'ground truth that callers send; captures go out as log lines',
      },
      key(['Decrypt', 'GenerateDataKey'], 's3', 'the stores are encrypted'),
    ],
  },
  {
    name: 'validate',
    role: 'DataQuality/Validation/FunctionParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('validate'),
      ...readLedger('the contract of the model that a dataset is for'),
      ...readPrivacySecret,
      {
        may: ['s3:GetObject'],
        on: ['artifacts/baselines/*'],
        why: 'the distributions a file is held against; no model',
      },
      {
        may: ['s3:GetObject', 's3:GetObjectVersion'],
        on: ['data/incoming/*'],
        why: 'the very write that an event tells of',
      },
      {
        may: ['s3:GetObject'],
        on: [
          'data/contracts/*',
          'data/datasets/*',
          'data/drops/*',
          'data/reports/validation/*',
          'data/reports/index.html',
        ],
        why: 'contracts kept as files; whether the same drop was validated before; which page lists the reports',
      },
      {
        may: ['s3:PutObject'],
        on: [
          'data/datasets/*',
          'data/drops/*',
          'data/quarantine/*',
          'data/reports/validation/*',
          'data/reports/entries/*',
          'data/reports/index.html',
          'data/dead-letter/validate/*',
        ],
        why: 'what becomes of a file; the keys are not known before; the page of all reports',
      },
      {
        may: ['s3:DeleteObject'],
        on: ['data/dead-letter/validate/*', 'data/drops/*.verdict'],
        why: 'takes a letter back when the last try succeeds, and its mark away when a verdict is stored; no version',
      },
      {
        may: ['s3:ListBucket'],
        on: ['data', 'artifacts'],
        why: 'without it, S3 says 403 instead of 404 of what is not there',
      },
      key(['Decrypt', 'GenerateDataKey'], 's3', 'the stores are encrypted'),
      tellTheBus,
      {
        may: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        on: ['queue of drops'],
        why: 'Lambda takes drops from the queue in its name',
      },
      key(['Decrypt'], 'sqs', 'the queue is encrypted'),
    ],
  },
  {
    name: 'drift',
    role: 'DataQuality/Drift/DriftParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('drift'),
      ...keepFailures('drift'),
      ...readLedger('which version is the champion, and where its baseline is; it never writes there'),
      ...readCapturesPermission,
      { may: ['s3:GetObject'], on: ['artifacts/baselines/*'], why: 'what a window is held against; no model' },
      {
        may: ['s3:PutObject'],
        on: ['data/reports/drift/*', 'data/reports/entries/*', 'data/reports/index.html', 'data/drift/*'],
        why: 'its reports and the page of all, and what it knows of the last windows',
      },
      {
        may: ['s3:GetObject'],
        on: ['data/drift/*', 'data/reports/index.html'],
        why: 'what it knows of the last windows, and which page lists the reports',
      },
      tellTheBus,
    ],
  },
  {
    name: 'ground-truth',
    role: 'DataQuality/Drift/GroundTruthParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('ground-truth'),
      ...keepFailures('ground-truth'),
      ...readLedger('how the outputs of a version are to be read, and when shares changed'),
      ...readLabelsSecret('seals truths of personal labels, and opens them to count them'),
      ...readCapturesPermission,
      {
        may: ['s3:GetObject'],
        on: ['artifacts/baselines/*'],
        why: 'the bins that scores and errors are counted over',
      },
      {
        may: ['s3:GetObject', 's3:PutObject'],
        on: ['data/ground-truth/*', 'data/quality/*'],
        why: 'truth that arrives, waits for its prediction, and is joined; tallies of it',
      },
      {
        may: ['s3:DeleteObject'],
        on: [
          'data/ground-truth/incoming/*',
          'data/ground-truth/progress/*',
          'data/ground-truth/waiting/*',
          'data/ground-truth/stale/*',
        ],
        why: 'what has been joined, or written elsewhere, is taken away',
      },
      {
        may: ['s3:PutObject'],
        on: ['data/quarantine/ground-truth/*'],
        why: 'truth that cannot be joined, with the reason',
      },
    ],
  },
  {
    name: 'replay',
    role: 'DataQuality/Replay',
    assumedBy: '<replay.assumedBy>',
    permissions: [
      ...readLedger('the versions that are asked'),
      {
        may: ['s3:GetObject'],
        on: ['artifacts/models/*', 'artifacts/baselines/*'],
        why: 'the models that are asked, and how their answers are counted',
      },
      { may: ['s3:GetObject'], on: ['captures/captures/*'], why: 'what was asked; its keys are not known before' },
      { may: ['s3:GetObject'], on: ['data/ground-truth/joined/*'], why: 'what turned out to be true' },
      { may: ['s3:ListBucket'], on: ['captures', 'data'], why: 'looks into the hours of captures and of truths' },
      key(['Decrypt'], 's3', 'the stores are encrypted'),
      ...readPrivacySecret,
      ...readLabelsSecret('opens truths of personal labels'),
    ],
  },
  {
    name: 'function replay',
    role: 'DataQuality/Replays/ReplayParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('replay'),
      ...keepFailures('replay'),
      ...readLedger('which versions are young, and what they are held against; it never writes there'),
      {
        may: ['s3:GetObject'],
        on: ['artifacts/models/*', 'artifacts/baselines/*'],
        why: 'the models that are asked, and how their rows are counted',
      },
      { may: ['s3:GetObject'], on: ['captures/captures/*'], why: 'what was asked; its keys are not known before' },
      { may: ['s3:GetObject'], on: ['data/ground-truth/joined/*'], why: 'what turned out to be true' },
      {
        may: ['s3:GetObject', 's3:PutObject'],
        on: ['data/quality/*/replays/*'],
        why: 'what came of asking again, counted by hour; of which model is not known before',
      },
      {
        may: ['s3:ListBucket'],
        on: ['captures', 'data', 'artifacts'],
        why: 'looks into the hours of captures and of truths, and learns that an object is not there',
      },
      key(['Decrypt', 'GenerateDataKey'], 's3', 'the stores are encrypted'),
      ...readLabelsSecret('opens truths of personal labels'),
    ],
  },
  {
    name: 'rollback',
    role: 'Monitoring/Rollback/RollbackParts/Role',
    assumedBy: LAMBDA,
    permissions: [ownLog('rollback'), ...keepFailures('rollback'), ...watchReleases],
  },
  {
    name: 'advance',
    role: 'Monitoring/Rollback/AdvanceParts/Role',
    assumedBy: LAMBDA,
    permissions: [
      ownLog('advance'),
      ...keepFailures('advance'),
      ...watchReleases,
      {
        may: ['s3:ListBucket'],
        on: ['artifacts'],
        when: ['s3:prefix = releases/*'],
        why: 'looks whether the last release is kept beside the ledger',
      },
    ],
  },
  {
    name: 'questions of the judge',
    role: 'Monitoring/PersonNeededRole',
    assumedBy: `events.amazonaws.com when ${HERE}`,
    permissions: [
      { may: ['sns:Publish'], on: ['alarm topic'], why: 'tells people what the judge asks, and reminds them' },
      key(['Decrypt', 'GenerateDataKey'], 'sns', 'the topic is encrypted'),
    ],
  },
  schedule('drift', 'DataQuality/Drift/Drift/ScheduleRole'),
  schedule('ground-truth', 'DataQuality/Drift/GroundTruth/ScheduleRole'),
  schedule('replay', 'DataQuality/Replays/Replay/ScheduleRole'),
  schedule('advance', 'Monitoring/Rollback/Advance/ScheduleRole'),
  {
    name: 'log subscription',
    role: 'Serving/Endpoint/Capture/SubscriptionRole',
    assumedBy: `logs.amazonaws.com when ${HERE}`,
    permissions: [
      {
        may: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
        on: ['capture stream'],
        why: 'captures on their way from the log',
      },
    ],
  },
  {
    name: 'delivery stream',
    role: 'Serving/Endpoint/Capture/DeliveryRole',
    assumedBy: `firehose.amazonaws.com when ${HERE}`,
    permissions: [
      {
        may: ['s3:PutObject', 's3:AbortMultipartUpload'],
        on: ['captures/captures/*', 'captures/failed/*'],
        why: 'writes captures, and what it could not deliver; it names the objects',
      },
      {
        may: ['s3:ListBucket', 's3:GetBucketLocation'],
        on: ['captures'],
        why: 'what Firehose asks of its destination',
      },
      key(['Decrypt', 'GenerateDataKey'], 's3', 'the store is encrypted'),
    ],
  },
  {
    name: 'code deployment',
    role: 'Serving/Endpoint/CodeDeployment/ServiceRole',
    assumedBy: 'codedeploy.amazonaws.com',
    permissions: [],
    managed: [
      {
        policy: 'service-role/AWSCodeDeployRoleForLambdaLimited',
        why: 'the policy that AWS keeps for CodeDeploy and Lambda; what it needs is not documented otherwise',
      },
    ],
  },
  pipeline('smoke', 'Access/Smoke', [
    ...readLedger('what the endpoint should be serving'),
    {
      may: ['execute-api:Invoke'],
      on: [...invokeResources('read'), ...invokeResources('predict')].map((name) => `api/${name}`),
      why: 'looks at the endpoint, and asks it for predictions; no truth, no explanations, nothing is loaded',
    },
    { may: ['s3:GetObject'], on: ['artifacts/baselines/*'], why: 'what is typical of a feature' },
    key(['Decrypt'], 's3', 'the store is encrypted'),
  ]),
  pipeline('models', 'Access/Models', [
    ...readLedger('what is released'),
    ...append,
    {
      may: ['s3:GetObject'],
      on: ['artifacts/models/*', 'artifacts/baselines/*', 'artifacts/rehearsals/*', 'artifacts/releases/*'],
      why: 'models and what belongs to them, and the releases that are kept',
    },
    {
      may: ['s3:ListBucket'],
      on: ['artifacts'],
      when: ['s3:prefix = releases/*'],
      why: 'looks whether the last release is kept beside the ledger',
    },
    {
      may: ['s3:PutObject', 's3:GetObject'],
      on: ['models', 'baselines', 'rehearsals', 'cards', 'side-by-side'].map((kind) => `artifacts/${kind}/*`),
      why: 'registers versions; what is there is never overwritten, but looked at: it may be its own',
    },
    tellTheBus,
  ]),
  {
    name: 'pipeline: copy',
    role: 'Access/Copy',
    assumedBy: `token.actions.githubusercontent.com when ${[
      'token.actions.githubusercontent.com:aud = sts.amazonaws.com',
      'token.actions.githubusercontent.com:sub = repo:<repository>:environment:<pipeline.copiedBy>',
    ].join(' when ')}`,
    permissions: [
      ...readLedger('the version that is copied, and whether its ledger is as it was written; it never writes there'),
      {
        may: ['s3:GetObject'],
        on: [
          'artifacts/models/*',
          'artifacts/baselines/*',
          'artifacts/rehearsals/*',
          'artifacts/releases/*',
          'artifacts/cards/*',
          'artifacts/side-by-side/*',
        ],
        why: 'what a version consists of, and what is kept of each entry, by which the ledger is verified',
      },
      {
        may: ['s3:ListBucket'],
        on: ['artifacts'],
        when: ['s3:prefix = releases/*'],
        why: 'finds what is kept of each entry, and looks at nothing else',
      },
      key(['Decrypt'], 's3', 'the store is encrypted'),
      {
        may: ['cloudformation:DescribeStacks'],
        on: ['stack Stateful/*'],
        why: 'names of table and buckets, from the outputs; the end of a stack’s id is not known before',
      },
    ],
  },
];

/** Resources with a wildcard that somebody may touch: the only ones there are. */
export const WILDCARDS: ReadonlySet<string> = new Set(
  PERMISSIONS.flatMap(({ permissions }) => permissions.flatMap(({ on }) => on)).filter((name) => name.includes('*')),
);
