import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';

/** Environment of a home of its own: a table, three versioned buckets and a bus, as the constructs make them. */
export async function createResources(): Promise<NodeJS.ProcessEnv> {
  const id = randomUUID().slice(0, 8);
  const dynamo = new DynamoDBClient({});
  const TableName = `trimtab-${id}`;
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 30, minDelay: 1 }, { TableName });
  const s3 = new S3Client({ forcePathStyle: true });
  const bucket = async (name: string, versioned: boolean): Promise<string> => {
    const Bucket = `trimtab-${name}-${id}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    if (versioned)
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    return Bucket;
  };
  const events = new EventBridgeClient({});
  await events.send(new CreateEventBusCommand({ Name: `trimtab-${id}` }));
  return {
    ...process.env,
    TRIMTAB_ENVIRONMENT: 'dev',
    TRIMTAB_TABLE: TableName,
    TRIMTAB_ARTIFACTS_BUCKET: await bucket('artifacts', true),
    TRIMTAB_DATA_BUCKET: await bucket('data', true),
    // Captures are written once and never again: that bucket keeps no versions.
    TRIMTAB_CAPTURES_BUCKET: await bucket('captures', false),
    TRIMTAB_BUS: `trimtab-${id}`,
  };
}
