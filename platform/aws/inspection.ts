import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DescribeContinuousBackupsCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, GetLayerVersionByArnCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientConfig } from './client-config.ts';
import { errorNameOf, statusOf } from './failures.ts';

/** A resource of a stack. */
export interface StackResource {
  readonly type: string;
  /** What the template calls it. */
  readonly logicalId: string;
  /** What AWS calls it: a name, an ARN, or an address. */
  readonly id: string;
}

export interface TableFacts {
  readonly status: string;
  readonly key: string;
  readonly encryption: string;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  /** How far the clock of this machine is ahead of AWS's, milliseconds; null when the answer had no time. */
  readonly skewMs: number | null;
}

export interface BucketFacts {
  readonly versioning: boolean;
  readonly encryption: string | null;
  /** All four blocks of public access are on. */
  readonly blocked: boolean;
  readonly eventBridge: boolean;
}

export interface FunctionFacts {
  readonly name: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly state: string;
  readonly lastUpdate: string;
  /** Layers whose processor is another. */
  readonly foreignLayers: readonly string[];
}

export interface AlarmFacts {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly actions: boolean;
}

/** Looks at what is installed in an account, and changes nothing. Region, credentials and endpoints are the SDK's. */
export class AwsInspection {
  readonly #config = clientConfig(10_000);
  readonly #formation = new CloudFormationClient(this.#config);
  readonly #watch = new CloudWatchClient(this.#config);
  readonly #dynamo = new DynamoDBClient(this.#config);
  readonly #lambda = new LambdaClient(this.#config);
  readonly #scheduler = new SchedulerClient(this.#config);
  readonly #sqs = new SQSClient(this.#config);
  readonly #s3: S3Client;

  constructor(env: NodeJS.ProcessEnv) {
    const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
    this.#s3 = new S3Client({ ...this.#config, forcePathStyle });
  }

  /** Region and access key of the SDK. @throws when there is none */
  async identity(): Promise<{ region: string; accessKey: string }> {
    const region = await this.#dynamo.config.region();
    const { accessKeyId } = await this.#dynamo.config.credentials();
    return { region, accessKey: accessKeyId };
  }

  async table(name: string): Promise<TableFacts> {
    let date: string | undefined;
    this.#dynamo.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        date = (result.response as { headers?: Record<string, string> }).headers?.date;
        return result;
      },
      { step: 'deserialize', name: 'doctorDate', override: true },
    );
    const { Table } = await this.#dynamo.send(new DescribeTableCommand({ TableName: name }));
    const skew = Date.now() - Date.parse(date ?? '');
    const { ContinuousBackupsDescription } = await this.#dynamo.send(
      new DescribeContinuousBackupsCommand({ TableName: name }),
    );
    return {
      status: Table?.TableStatus ?? 'unknown',
      key: (Table?.KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', '),
      encryption: Table?.SSEDescription?.SSEType ?? 'a key of AWS',
      deletionProtection: Table?.DeletionProtectionEnabled === true,
      pointInTimeRecovery:
        ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
      skewMs: Number.isNaN(skew) ? null : skew,
    };
  }

  async bucket(name: string): Promise<BucketFacts> {
    const at = { Bucket: name };
    await this.#s3.send(new HeadBucketCommand(at));
    const { Status } = await this.#s3.send(new GetBucketVersioningCommand(at));
    const encryption = await unlessAbsent(this.#s3.send(new GetBucketEncryptionCommand(at)));
    const access = await unlessAbsent(this.#s3.send(new GetPublicAccessBlockCommand(at)));
    const notes = await this.#s3.send(new GetBucketNotificationConfigurationCommand(at));
    const rule = encryption?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    const block = access?.PublicAccessBlockConfiguration;
    return {
      versioning: Status === 'Enabled',
      encryption: rule?.SSEAlgorithm ?? null,
      blocked: [
        block?.BlockPublicAcls,
        block?.BlockPublicPolicy,
        block?.IgnorePublicAcls,
        block?.RestrictPublicBuckets,
      ].every((on) => on === true),
      eventBridge: notes.EventBridgeConfiguration !== undefined,
    };
  }

  /** Resources of a stack; undefined when there is no such stack. */
  async stack(name: string): Promise<StackResource[] | undefined> {
    const resources: StackResource[] = [];
    try {
      for await (const page of paginateListStackResources({ client: this.#formation }, { StackName: name }))
        for (const resource of page.StackResourceSummaries ?? [])
          resources.push({
            type: resource.ResourceType ?? '',
            logicalId: resource.LogicalResourceId ?? '',
            id: resource.PhysicalResourceId ?? '',
          });
    } catch (error) {
      if (/does not exist/.test((error as Error).message) || statusOf(error) === 404) return undefined;
      throw error;
    }
    return resources;
  }

  async function(name: string): Promise<FunctionFacts> {
    const fn = await this.#lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    const architecture = fn.Architectures?.[0] ?? 'x86_64';
    const foreignLayers: string[] = [];
    for (const { Arn } of fn.Layers ?? []) {
      const layer = await this.#lambda.send(new GetLayerVersionByArnCommand({ Arn }));
      const its = layer.CompatibleArchitectures ?? [];
      if (its.length > 0 && !its.some((one) => one === architecture))
        foreignLayers.push(`${Arn} is for ${its.join(', ')}`);
    }
    return {
      name: fn.FunctionName ?? name,
      runtime: fn.Runtime ?? 'unknown',
      architecture,
      state: fn.State ?? 'unknown',
      lastUpdate: fn.LastUpdateStatus ?? 'unknown',
      foreignLayers,
    };
  }

  /** State of a schedule, `ENABLED` or `DISABLED`; undefined when it is gone. */
  async schedule(name: string): Promise<string | undefined> {
    return (await unlessAbsent(this.#scheduler.send(new GetScheduleCommand({ Name: name }))))?.State;
  }

  /** Messages that wait in a queue. @param url its address */
  async messages(url: string): Promise<number> {
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
  }

  /** Alarms whose names begin so. */
  async alarms(prefix: string): Promise<AlarmFacts[]> {
    const found: AlarmFacts[] = [];
    for await (const page of paginateDescribeAlarms({ client: this.#watch }, { AlarmNamePrefix: prefix }))
      for (const alarm of page.MetricAlarms ?? [])
        found.push({
          name: alarm.AlarmName ?? '',
          state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
          reason: alarm.StateReason ?? '',
          actions: alarm.ActionsEnabled !== false,
        });
    return found;
  }

  close(): void {
    for (const client of [
      this.#formation,
      this.#watch,
      this.#dynamo,
      this.#lambda,
      this.#scheduler,
      this.#sqs,
      this.#s3,
    ])
      client.destroy();
  }
}

/** What is not configured is answered with an error. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404 || /NotFound|NoSuch/.test(errorNameOf(error))) return undefined;
    throw error;
  }
}
