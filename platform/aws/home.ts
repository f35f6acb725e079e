import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import type { Home } from '../ports.ts';
import { keysOnDemand } from '../privacy.ts';
import { EventBridgeBus } from './bus.ts';
import { clientConfig, streamingConfig } from './client-config.ts';
import { ServerClock } from './clock.ts';
import { parseAwsEnvironment } from './environment.ts';
import { DynamoLedger } from './ledger.ts';
import { CloudWatchMetrics } from './metrics.ts';
import { S3ObjectStore } from './object-store.ts';
import { awsLabelsSecret, awsPrivacySecret } from './secrets.ts';

/**
 * The home on AWS: table, buckets and bus by the names in the environment, region, credentials and endpoints as the
 * SDK finds them itself.
 *
 * @param profile of the AWS configuration, for region and credentials. @default those that the SDK finds
 * @throws PlatformError when a name is missing
 */
export async function openAwsHome(env: NodeJS.ProcessEnv, profile?: string): Promise<Home> {
  const names = parseAwsEnvironment(env);
  const from = profile === undefined ? {} : { profile };
  const quick = { ...clientConfig(5_000), ...from };
  // Whoever stands in for S3 under one address of its own has no host name for each bucket.
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  const s3 = new S3Client({ ...streamingConfig, ...from, forcePathStyle });
  const dynamo = new DynamoDBClient(quick);
  const events = new EventBridgeClient(quick);
  const cloudwatch = new CloudWatchClient({ ...clientConfig(10_000), ...from });
  return {
    kind: 'aws',
    description: `environment ${names.TRIMTAB_ENVIRONMENT}, table ${names.TRIMTAB_TABLE}, buckets ${[names.TRIMTAB_ARTIFACTS_BUCKET, names.TRIMTAB_DATA_BUCKET, names.TRIMTAB_CAPTURES_BUCKET].join(', ')}`,
    ledger: new DynamoLedger(dynamo, names.TRIMTAB_TABLE),
    artifacts: new S3ObjectStore(s3, names.TRIMTAB_ARTIFACTS_BUCKET),
    data: new S3ObjectStore(s3, names.TRIMTAB_DATA_BUCKET),
    captures: new S3ObjectStore(s3, names.TRIMTAB_CAPTURES_BUCKET),
    metrics: new CloudWatchMetrics(cloudwatch, names.TRIMTAB_ENVIRONMENT),
    bus: new EventBridgeBus(events, names.TRIMTAB_BUS, names.TRIMTAB_ENVIRONMENT),
    clock: new ServerClock().follow(dynamo),
    bookkeeping: new Bookkeeping(Date.now),
    // What its functions cannot write down is a metric of theirs, with an alarm.
    bookkeepingNotes: async () => [],
    privacy: keysOnDemand(() => awsPrivacySecret(env, profile)),
    labels: keysOnDemand(() => awsLabelsSecret(env, profile)),
    close: async () => {
      for (const client of [s3, dynamo, events, cloudwatch]) client.destroy();
    },
  };
}
