import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_RECEIVE_COUNT, validate } from '../../../functions/validate/trigger.ts';
import { buildLayer, LAYERS } from '../../../layers/build.ts';
import type { DeadLetter } from '../../../platform/dead-letters.ts';
import { buildFunctions } from '../../../scripts/build/functions.ts';
import { FaultFixture } from './fault-fixture.ts';

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x64';
/** How long a try may take, and how long its message is invisible. */
const SECONDS = 15;
const CONCURRENCY = 2;
/** How long the test waits for anything. */
const PATIENCE_MS = 150_000;
const sample = JSON.parse(readFileSync('events/samples/object-created.json', 'utf8'));

/** The packaged validation behind a real queue with a dead-letter queue, as the constructs put it there. */
describe('a queue with poison in it', () => {
  let fixture: FaultFixture;
  let sqs: SQSClient;
  let lambda: LambdaClient;
  let queue: string;
  let deadLetters: string;

  beforeAll(async () => {
    fixture = await FaultFixture.open();
    const endpoint = fixture.emulator;
    sqs = new SQSClient({ endpoint });
    lambda = new LambdaClient({ endpoint });
    const id = fixture.env.TRIMTAB_TABLE!;
    deadLetters = (await sqs.send(new CreateQueueCommand({ QueueName: `${id}-dead` }))).QueueUrl!;
    queue = (
      await sqs.send(
        new CreateQueueCommand({
          QueueName: id,
          Attributes: {
            // Half an hour when deployed; not shorter than the function may run, or a drop would be validated twice at once.
            VisibilityTimeout: String(SECONDS),
            RedrivePolicy: JSON.stringify({
              deadLetterTargetArn: await arnOf(deadLetters),
              maxReceiveCount: MAX_RECEIVE_COUNT,
            }),
          },
        }),
      )
    ).QueueUrl!;
    await deploy(id);
  }, 120_000);
  afterAll(async () => {
    sqs.destroy();
    lambda.destroy();
    await fixture.close();
  });

  async function arnOf(QueueUrl: string): Promise<string> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return Attributes!.QueueArn!;
  }

  async function deploy(FunctionName: string): Promise<void> {
    const functions = path.join(fixture.folder, 'functions');
    await buildFunctions(functions);
    const code = Object.fromEntries(
      ['index.js', 'package.json'].map((name) => [name, readFileSync(path.join(functions, validate.name, name))]),
    );
    const layers: string[] = [];
    for (const layer of LAYERS.filter(({ name }) => (validate.layers as readonly string[]).includes(name))) {
      const { file } = buildLayer(layer, ARCHITECTURE, 'dist/layers');
      const Content = { ZipFile: readFileSync(file) };
      const published = await lambda.send(new PublishLayerVersionCommand({ LayerName: layer.name, Content }));
      layers.push(published.LayerVersionArn!);
    }
    const names = Object.entries(fixture.env).filter(([name]) => name.startsWith('TRIMTAB_'));
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/validate',
        Code: { ZipFile: zipSync(code) },
        Layers: layers,
        Timeout: SECONDS,
        MemorySize: validate.memoryMb,
        Environment: {
          Variables: {
            ...Object.fromEntries(names),
            AWS_ENDPOINT_URL: fixture.emulator,
            AWS_ENDPOINT_URL_S3: fixture.emulator,
          },
        },
      }),
    );
    // Cold starts are not what is tried here: on a busy machine they would take the place of tries.
    await Promise.all(
      Array.from({ length: CONCURRENCY }, () =>
        lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ Records: [] }) })),
      ),
    );
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName,
        EventSourceArn: await arnOf(queue),
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: CONCURRENCY },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      }),
    );
  }

  /** @returns the message's id */
  async function send(body: unknown): Promise<string> {
    const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
    return (await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }))).MessageId!;
  }
  const created = (key: string) => ({ ...sample, detail: { ...sample.detail, object: { key } } });

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await look();
      if (seen !== undefined) return seen;
      if (Date.now() > end) throw new Error(`waited in vain for ${what}; the home has ${(await keys()).join(', ')}`);
      await sleep(200);
    }
  }

  async function keys(prefix = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of fixture.home.data.list(prefix)) found.push(key);
    return found;
  }

  async function jsonIfThere<T>(key: string): Promise<T | undefined> {
    return (await fixture.home.data.head(key)) === undefined ? undefined : ((await json(key)) as T);
  }

  const json = async (key: string) => JSON.parse(new TextDecoder().decode(await fixture.home.data.get(key)));

  it('ends in the dead-letter queue with its reason, and the rest of the queue is validated', async () => {
    const { data } = fixture.home;
    await data.put(
      'contracts/other.json',
      JSON.stringify({ contract: { features: [{ name: 'a', type: 'integer' }] } }),
    );
    const poison: [string, RegExp][] = [];
    for (let i = 1; i <= 3; i++) {
      await data.put(`incoming/other/${i}.csv`, `a\n${'1\n'.repeat(i)}`);
      await send(created(`incoming/other/${i}.csv`));
      if (i === 1) poison.push([await send('this is not JSON'), /^ZodError/]);
      if (i === 2)
        poison.push([await send(created('incoming/other/gone.csv')), /^ObjectNotFoundError: no object under/]);
    }

    const letters = new Map<string, string>();
    await until('the dead letters', async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: deadLetters, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
      );
      for (const { MessageId, Body } of Messages) letters.set(MessageId!, Body!);
      return poison.every(([id]) => letters.has(id)) || undefined;
    });
    for (const [id, reason] of poison) {
      const letter = await until(`the reason of ${id}`, () =>
        jsonIfThere<DeadLetter>(`dead-letter/validate/${id}.json`),
      );
      expect(letter).toMatchObject({ function: 'validate', id, attempts: MAX_RECEIVE_COUNT });
      expect(letter.reason).toMatch(reason);
      const body = letters.get(id)!;
      expect(letter.event).toEqual(body.startsWith('{') ? JSON.parse(body) : body);
    }
    // The good ones went by, each once.
    const rows = await until('three dataset versions', async () => {
      const manifests = (await keys('datasets/other/')).filter((key) => key.endsWith('manifest.json'));
      return manifests.length >= 3
        ? Promise.all(manifests.map(async (key) => (await json(key)).rows as number))
        : undefined;
    });
    expect(rows.sort()).toEqual([1, 2, 3]);
    // What was validated in the end has no letter.
    const kept = poison.map(([id]) => `dead-letter/validate/${id}.json`).sort();
    expect(await keys('dead-letter/')).toEqual(kept);
    await fixture.expectAllStored();
  }, 240_000);
});
