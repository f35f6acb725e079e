import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { HourTallies } from '../../../core/quality/hour-tallies.ts';
import { parseShardKey } from '../../../core/quality/joined-record.ts';
import { buildFunctions } from '../../../scripts/build/functions.ts';
import { readShards } from '../../../usecases/quality/joined-shards.ts';
import { PIPELINE, read, request } from '../../fixtures/serving-fixture.ts';
import { FaultFixture, predict } from './fault-fixture.ts';
import { diceOf } from './fault-proxy.ts';
import { putSamples } from './put-samples.ts';

/** How often each function is killed before it is let go through. */
const KILLS = 5;
const RUN = `
const { handler } = require(process.argv[1]);
handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => 60_000 }).then(
  (result) => { console.log('RESULT ' + JSON.stringify(result)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); },
);`;

interface Ending {
  readonly killed: boolean;
  readonly output: string;
}

/** The packaged functions, each in a process of its own that is killed in the middle, as Lambda kills at the time-out. */
describe('a function that is killed', () => {
  let fixture: FaultFixture;
  let functions: string;
  beforeAll(async () => {
    fixture = await FaultFixture.open();
    functions = path.join(fixture.folder, 'functions');
    await buildFunctions(functions);
  }, 120_000);
  afterAll(() => fixture.close());

  /** Runs a function on an event; with `at`, kills it at that request, before or after it was carried out. */
  function run(name: string, event: unknown, at?: { request: number; carriedOut: boolean }): Promise<Ending> {
    const bundle = path.join(functions, name, 'index.js');
    const child = spawn(process.execPath, ['-e', RUN, bundle, JSON.stringify(event)], {
      env: { ...fixture.env, NODE_PATH: path.resolve('node_modules'), TRIMTAB_HOME: 'aws' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let killed = false;
    const strike = () => {
      killed = true;
      child.kill('SIGKILL');
    };
    if (at)
      fixture.proxy.when({}, { kind: at.carriedOut ? 'lost-answer' : 'reset', strike }, { skip: at.request, times: 1 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    return new Promise((resolve) =>
      child.on('close', () => {
        fixture.proxy.clear();
        resolve({ killed, output });
      }),
    );
  }

  /** Runs it again and again, killed at another point each time, and in the end to its end. */
  async function runKilled(name: string, event: unknown, requests: number, seed: number): Promise<string[]> {
    const dice = diceOf(seed);
    const outputs: string[] = [];
    let kills = 0;
    for (let i = 0; i < KILLS; i++) {
      // From the back to the front, so that the first kills come late in the work and the others in what is left.
      const within = Math.ceil((requests * (KILLS - i)) / KILLS);
      const at = { request: Math.floor(dice() * within), carriedOut: dice() < 0.5 };
      const ending = await run(name, event, at);
      if (ending.killed) kills++;
      outputs.push(ending.output);
    }
    expect(kills).toBeGreaterThan(1);
    const last = await run(name, event);
    expect(last.output).toContain('RESULT');
    return [...outputs, last.output];
  }

  const json = async (key: string) => JSON.parse(new TextDecoder().decode(await fixture.home.data.get(key)));
  const keys = async (prefix: string) => {
    const all: string[] = [];
    for await (const { key } of fixture.home.data.list(prefix)) all.push(key);
    return all;
  };

  it('while it validates a drop: one dataset version, one report, and the news is published', async () => {
    const { data } = fixture.home;
    await data.put(
      'contracts/other.json',
      JSON.stringify({ contract: { features: [{ name: 'a', type: 'integer' }] } }),
    );
    await data.put('incoming/other/x.csv', `a\n${'1\n'.repeat(1_000)}`);
    const sample = JSON.parse(readFileSync('events/samples/object-created.json', 'utf8'));
    const body = JSON.stringify({ ...sample, detail: { ...sample.detail, object: { key: 'incoming/other/x.csv' } } });
    const record = { messageId: 'm1', body, attributes: { ApproximateReceiveCount: '1' } };
    const outputs = await runKilled('validate', { Records: [record] }, 16, 11);
    expect(outputs.at(-1)).toContain('RESULT {"batchItemFailures":[]}');
    const manifests = (await keys('datasets/other/')).filter((key) => key.endsWith('manifest.json'));
    expect(manifests).toHaveLength(1);
    expect(await json(manifests[0]!)).toMatchObject({ rows: 1_000 });
    expect((await keys('reports/validation/')).map((key) => path.basename(key))).toEqual([
      'published',
      'report.html',
      'report.json',
    ]);
    await fixture.expectAllStored();
  }, 120_000);

  it('while it rolls back: one entry answers the alarm', async () => {
    const model = `killed-${fixture.env.TRIMTAB_TABLE!.slice(-8)}`;
    const manifest = { ...PIPELINE, name: model, monitoring: { periodSeconds: 10, maxErrorRate: 0.36 } };
    await fixture.release(manifest);
    await fixture.register(manifest, 'pipeline', 'two');
    await fixture.apply(model, { type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
    const at = new Date(Date.now() + 10_000);
    const cloudwatch = new CloudWatchClient({ endpoint: fixture.emulator });
    await putSamples(cloudwatch, { model, version: 1, metric: 'Failure', mean: 0, at });
    await putSamples(cloudwatch, { model, version: 2, metric: 'Failure', mean: 0.6, at });
    cloudwatch.destroy();
    const sample = JSON.parse(readFileSync('events/samples/alarm-state-change.json', 'utf8'));
    const state = { ...sample.detail.state, value: 'ALARM', timestamp: at.toISOString() };
    const detail = { ...sample.detail, alarmName: `trimtab.dev.${model}.challenger.Failure`, state };
    // Only periods that are over are read, and the function's clock is the machine's.
    await new Promise((resolve) => setTimeout(resolve, 21_000));
    const outputs = await runKilled('rollback', { ...sample, detail }, 12, 12);
    expect(outputs.at(-1)).toContain('"kind":"canary-aborted"');
    const history = await fixture.registry.history(model);
    expect(history.filter(({ cause }) => cause !== undefined)).toHaveLength(1);
    expect(history.at(-1)).toMatchObject({ kind: 'canary-aborted', state: { champion: 1, challengers: [] } });
    await fixture.expectAllStored();
  }, 120_000);

  it('while it joins ground truth: each truth is joined once and counted at most once', async () => {
    await fixture.release(PIPELINE);
    const endpoint = await fixture.endpoint({ models: ['pipeline'] });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const id = (await predict(endpoint)).headers['x-trimtab-prediction-id']!;
      ids.push(id);
      const body = { records: [{ id, truth: 0 }] };
      const sent = await endpoint.handle(request('POST', '/trimtab/v1/models/pipeline/truth', body));
      expect(read(sent).status).toBe(202);
    }
    const captures = fixture.lines.filter((line) => line.startsWith('{"trimtab":"capture"'));
    const hour = hourFolder(new Date().toISOString());
    await fixture.home.captures.put(`captures/${hour}/all.jsonl`, captures.join('\n'));
    const event = { source: 'trimtab.schedule', time: new Date().toISOString() };
    const outputs = await runKilled('ground-truth', event, 24, 13);
    const hours = [...new Set((await keys('ground-truth/joined/')).map((key) => parseShardKey(key)!.hour))];
    const joined: string[] = [];
    for (const hour of hours)
      for (const { records } of await readShards(fixture.home, 'pipeline', hour))
        joined.push(...[...records.values()].map(({ id }) => id));
    expect(joined.sort()).toEqual(ids.sort());
    const counted = outputs.flatMap((output) =>
      [...output.matchAll(/"PredictionError":\[([^\]]*)\]/g)].map(([, v]) => v),
    );
    expect(counted.join(',').split(',').filter(Boolean).length).toBeLessThanOrEqual(ids.length);
    const tallies = await Promise.all((await keys('quality/pipeline/tallies/')).map(json));
    const inTallies = tallies.flatMap((each) => HourTallies.parse(each).versions).flatMap(({ strata }) => strata);
    expect(inTallies.reduce((sum, { segments }) => sum + segments['']!.units.rows, 0)).toBe(ids.length);
    for (const place of ['incoming', 'waiting', 'stale']) expect(await keys(`ground-truth/${place}/`)).toEqual([]);
    await fixture.expectAllStored(/ground-truth\/incoming/);
  }, 120_000);
});
