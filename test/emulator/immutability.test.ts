import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { openAwsHome } from '../../platform/aws/home.ts';
import { readSignature } from '../../platform/onnx/model.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { createResources } from './resources.ts';

const FOLDER = 'models/flight-delay/v1';

/**
 * Tries to overwrite and to delete, where the emulator keeps to AWS's rules: conditional writes and Object Lock. Policies
 * of buckets and tables it does not apply here; those are evaluated in test/infra/immutability.test.ts.
 */
describe('what is written once', () => {
  let env: NodeJS.ProcessEnv;
  let home: Home;
  const s3 = new S3Client({ forcePathStyle: true });
  beforeAll(async () => {
    env = await createResources();
    // As the constructs make it: Object Lock is switched on when the bucket is created.
    const Bucket = `trimtab-locked-${randomUUID().slice(0, 8)}`;
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } },
        },
      }),
    );
    env.TRIMTAB_ARTIFACTS_BUCKET = Bucket;
    home = await openAwsHome(env);
    return () => home.close();
  });

  it('is not overwritten: the second write is refused, and the first stays', async () => {
    const key = `models/${'a'.repeat(64)}.onnx`;
    expect(await home.artifacts.put(key, 'first', { ifAbsent: true })).toBe(true);
    expect(await home.artifacts.put(key, 'second', { ifAbsent: true })).toBe(false);
    expect(Buffer.from(await home.artifacts.get(key)).toString()).toBe('first');
  });

  it('is not removed by S3 while it is retained, whoever asks for its version', async () => {
    const Bucket = env.TRIMTAB_ARTIFACTS_BUCKET!;
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'models/' }));
    expect(Versions).toHaveLength(1);
    const { Key, VersionId } = Versions[0]!;
    await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    expect(Buffer.from(await home.artifacts.get(Key!)).toString()).toBe('first');
  });

  it('shows when an entry of the ledger was replaced past all conditions', async () => {
    const registry = new Registry(home, 'test');
    const { version, model } = (await registry.register(FOLDER, await readSignature(`${FOLDER}/model.onnx`))).version;
    for (const type of ['approve', 'release'] as const) await registry.apply(model, { type, version, reason: 'r' });
    expect((await registry.verify(model)).faults).toEqual([]);

    const dynamo = new DynamoDBClient({});
    const TableName = env.TRIMTAB_TABLE!;
    // The last one, of which no later entry tells.
    const Key = { pk: { S: `MODEL#${model}` }, sk: { S: 'ENTRY#000000003' } };
    const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key }));
    const body = { S: Item!.body!.S!.replace('"actor":"test"', '"actor":"mallory"') };
    await dynamo.send(new PutItemCommand({ TableName, Item: { ...Item, body } }));
    expect((await registry.verify(model)).faults).toEqual([
      { entry: 3, fault: 'it is not what the anchor says that is kept of it' },
    ]);
  });
});
