import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Clients of the account, as its administrator. Endpoint, region and credentials are those of the environment. */
export const clients = () => ({
  cloudformation: new CloudFormationClient({}),
  cloudwatch: new CloudWatchClient({}),
  logs: new CloudWatchLogsClient({}),
  dynamo: new DynamoDBClient({}),
  events: new EventBridgeClient({}),
  firehose: new FirehoseClient({}),
  lambda: new LambdaClient({}),
  s3: new S3Client({ forcePathStyle: true }),
  scheduler: new SchedulerClient({}),
  sqs: new SQSClient({}),
});
export type Clients = ReturnType<typeof clients>;
