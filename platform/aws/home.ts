import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import type { Home } from '../ports.ts';
import { EventBridgeBus } from './bus.ts';
import { parseAwsEnvironment } from './environment.ts';
import { DynamoLedger } from './ledger.ts';
import { CloudWatchMetrics } from './metrics.ts';
import { S3ObjectStore } from './object-store.ts';

/** A call that hangs must not outlive the function that made it; retries are the SDK's own, with jitter. */
const CLIENT = { maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, requestTimeout: 20_000 } };

/**
 * The home on AWS: one DynamoDB table, three buckets, CloudWatch and an event bus, named by the environment.
 *
 * @throws PlatformError when a variable is missing
 */
export async function openAwsHome(env: NodeJS.ProcessEnv): Promise<Home> {
  const names = parseAwsEnvironment(env);
  const s3 = new S3Client({ ...CLIENT, forcePathStyle: env.AWS_ENDPOINT_URL !== undefined });
  const dynamo = new DynamoDBClient(CLIENT);
  const cloudWatch = new CloudWatchClient(CLIENT);
  const eventBridge = new EventBridgeClient(CLIENT);
  return {
    kind: 'aws',
    description: `table ${names.TRIMTAB_TABLE}, buckets ${names.TRIMTAB_ARTIFACTS_BUCKET}, ${names.TRIMTAB_DATA_BUCKET}, ${names.TRIMTAB_CAPTURES_BUCKET}`,
    ledger: new DynamoLedger(dynamo, names.TRIMTAB_TABLE),
    artifacts: new S3ObjectStore(s3, names.TRIMTAB_ARTIFACTS_BUCKET),
    data: new S3ObjectStore(s3, names.TRIMTAB_DATA_BUCKET),
    captures: new S3ObjectStore(s3, names.TRIMTAB_CAPTURES_BUCKET),
    metrics: new CloudWatchMetrics(cloudWatch),
    bus: new EventBridgeBus(eventBridge, names.TRIMTAB_BUS),
    clock: { now: () => new Date() },
    close: async () => {
      for (const client of [s3, dynamo, cloudWatch, eventBridge]) client.destroy();
    },
  };
}
