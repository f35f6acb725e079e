import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import sample from '../../../events/samples/object-created.json' with { type: 'json' };
import { validate } from '../../../functions/validate/trigger.ts';
import { sqsEvent } from '../../lambda/events.ts';
import { describeOnLambda } from '../../lambda/on-lambda.ts';
import { Deployment } from './deployment.ts';

const FILE = 'models/flight-delay/data/2013-07.csv';

describeOnLambda('the packaged validation function', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.create();
    await deployment.trimtab('register', 'models/flight-delay/v1');
    await deployment.trimtab('approve', 'flight-delay', '1');
    await deployment.trimtab('release', 'flight-delay', '1');
  }, 180_000);
  afterAll(() => deployment.close());

  /** Drops the real file, and gives the event of it as S3 sends it. */
  async function drop(key: string): Promise<typeof sample> {
    await deployment.home.data.upload(key, FILE);
    const { versionId, bytes } = (await deployment.home.data.head(key))!;
    const object = { ...sample.detail.object, key, size: bytes, 'version-id': versionId! };
    return { ...sample, detail: { ...sample.detail, object } };
  }
  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of deployment.home.data.list(prefix)) found.push(key);
    return found;
  }

  it('judges a dropped file, cold, with DuckDB from its layer on a read-only file system; a repeat is nothing new', async () => {
    const environment = await deployment.open(validate);
    const event = sqsEvent(await drop('incoming/flight-delay/2013-07.csv'));
    const cold = await environment.invoke(event);
    expect(cold).toMatchObject({ kind: 'result', value: { batchItemFailures: [] } });
    const written = await keys('datasets/flight-delay/');
    for (const name of ['data.parquet', '_manifest.json', '_profile.json'])
      expect(written).toContain(`datasets/flight-delay/dataset_version=000001/${name}`);
    expect((await keys('quarantine/flight-delay/')).map((key) => key.split('/').at(-1))).toEqual(['rows.jsonl']);
    const rows = Buffer.from(await deployment.home.data.get((await keys('quarantine/flight-delay/'))[0]!)).toString();
    expect(rows.trimEnd().split('\n')).toHaveLength(90);

    const { pid } = environment;
    const warm = await environment.invoke(event);
    expect(warm).toMatchObject({ kind: 'result', value: { batchItemFailures: [] } });
    expect(environment.pid).toBe(pid);
    expect(await keys('datasets/flight-delay/')).toEqual(written);
    console.log(
      `cold ${(cold.initMs! + cold.ms).toFixed(0)} ms, repeated ${warm.ms.toFixed(0)} ms, ${environment.highWaterMb.toFixed(0)} MB at most`,
    );
    expect(readdirSync(environment.sandbox.tmp), 'scratch is cleaned up').toEqual([]);
    expect(environment.highWaterMb).toBeLessThan(validate.memoryMb);
  }, 120_000);

  it('reports a file that is not there alone, and judges the others of its batch', async () => {
    const environment = await deployment.open(validate);
    const event = sqsEvent(
      await drop('incoming/flight-delay/again.csv'),
      {
        ...sample,
        detail: { ...sample.detail, object: { ...sample.detail.object, key: 'incoming/flight-delay/gone.csv' } },
      },
      'not an event at all',
    );
    const [, gone, none] = event.Records.map(({ messageId }) => ({ itemIdentifier: messageId }));
    expect(await environment.invoke(event)).toMatchObject({ value: { batchItemFailures: [gone, none] } });
    expect(environment.lines.filter((line) => line.includes(gone!.itemIdentifier))).toHaveLength(1);
  }, 120_000);

  it('ends at its time-out in the middle of a file; the next delivery judges it whole', async () => {
    // With a contract there is work to be in the middle of.
    const { contract } = JSON.parse(readFileSync('models/flight-delay/v1/model.json', 'utf8'));
    await deployment.home.data.put('contracts/late-flights.json', JSON.stringify({ contract }));
    const hurried = await deployment.open(validate, {}, { timeoutSeconds: 0.15 });
    const event = sqsEvent(await drop('incoming/late-flights/2013-07.csv'));
    // Where it is not busy just then, it stops judging before, and says so; or it gives up right before.
    const ended = await hurried.invoke(event);
    if (ended.kind === 'error') expect(ended.errorType).toMatch(/^(Sandbox\.Timedout|TimeoutError)$/);
    else expect(ended).toMatchObject({ value: { batchItemFailures: [expect.anything()] } });
    expect(await keys('datasets/late-flights/')).not.toContain(
      'datasets/late-flights/dataset_version=000001/_manifest.json',
    );

    const patient = await deployment.open(validate);
    expect(await patient.invoke(event)).toMatchObject({ value: { batchItemFailures: [] } });
    const written = (await keys('reports/validation/late-flights/')).map((key) => key.split('/').at(-1));
    for (const name of ['report.html', 'report.json']) expect(written).toContain(name);
  }, 120_000);
});
