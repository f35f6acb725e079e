import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { infer } from '../../../functions/infer/trigger.ts';
import type { ExecutionEnvironment, Invoked } from '../../lambda/environment.ts';
import { httpEvent } from '../../lambda/events.ts';
import { describeOnLambda } from '../../lambda/on-lambda.ts';
import { Deployment } from './deployment.ts';
import { type Flights, springFlights } from './flights.ts';

interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

describeOnLambda('the packaged inference function', () => {
  let deployment: Deployment;
  let environment: ExecutionEnvironment;
  let flights: Flights;

  beforeAll(async () => {
    deployment = await Deployment.create();
    for (const version of ['1', '3']) await deployment.trimtab('register', `models/flight-delay/v${version}`);
    await deployment.trimtab('approve', 'flight-delay', '1');
    await deployment.trimtab('release', 'flight-delay', '1');
    environment = await deployment.open(infer);
    flights = (await springFlights())(0, 8);
  }, 180_000);
  afterAll(() => deployment.close());

  const answerOf = (invoked: Invoked): HttpResult => {
    expect(invoked).toMatchObject({ kind: 'result' });
    return (invoked as { value: unknown }).value as HttpResult;
  };
  const ask = async (...event: Parameters<typeof httpEvent>) => {
    const invoked = await environment.invoke(httpEvent(...event));
    const { body, ...rest } = answerOf(invoked);
    return { ...rest, invoked, body: JSON.parse(body) as Record<string, unknown> };
  };
  const warm: number[] = [];

  it('answers the first request, cold, in the Open Inference Protocol', async () => {
    const { statusCode, headers, body, invoked } = await ask('POST', '/v2/models/flight-delay/infer', flights.v2());
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'x-trimtab-model-version': '1', 'x-trimtab-variant': 'champion' });
    expect(body).toMatchObject({ model_name: 'flight-delay', model_version: '1' });
    const cold = invoked.initMs! + invoked.ms;
    console.log(`cold: ${cold.toFixed(0)} ms, of which ${invoked.initMs!.toFixed(0)} until it asked for the event`);
    expect(cold).toBeLessThan(infer.timeoutSeconds * 1_000);
  });

  it('answers warm, in every protocol, the same', async () => {
    const { pid } = environment;
    const answers: number[][] = [];
    for (let i = 0; i < 10; i++) {
      const v2 = await ask('POST', '/v2/models/flight-delay/infer', flights.v2(), { binary: i % 2 === 1 });
      const v1 = await ask('POST', '/v1/models/flight-delay:predict', flights.v1());
      expect([v2.statusCode, v1.statusCode]).toEqual([200, 200]);
      warm.push(v2.invoked.ms, v1.invoked.ms);
      answers.push(flights.scoresOfV2(v2.body), flights.scoresOfV1(v1.body));
    }
    expect(environment.pid).toBe(pid);
    expect(answers[0]).toHaveLength(8);
    for (const other of answers.slice(1))
      for (const [i, score] of other.entries()) expect(score).toBeCloseTo(answers[0]![i]!, 6);
  });

  it('tells a caller what is wrong, and goes on', async () => {
    const bad = flights.v2();
    bad.inputs[0]!.shape = [3, 1];
    expect(await ask('POST', '/v2/models/flight-delay/infer', bad)).toMatchObject({ statusCode: 400 });
    expect(await ask('POST', '/v2/models/none/infer', flights.v2())).toMatchObject({ statusCode: 404 });
    expect(await ask('GET', '/v2/health/ready')).toMatchObject({ statusCode: 200 });
  });

  it('has written metrics and captures of every answer, though it may be killed the moment it has answered', async () => {
    const { headers } = await ask('POST', '/v2/models/flight-delay/infer', flights.v2());
    await environment.kill();
    const id = headers['x-trimtab-prediction-id'];
    const captures = environment.lines.filter((line) => line.startsWith('{"trimtab":"capture"'));
    expect(captures.some((line) => JSON.parse(line).id === id)).toBe(true);
    // Eight rows each: one cold request, twenty warm ones and this one; and the one that was the caller's fault.
    const failed = captures.map((line) => JSON.parse(line).failed);
    expect([failed.filter((fault) => fault === undefined).length, failed.filter(Boolean)]).toEqual([22, ['caller']]);
    expect(environment.lines.filter((line) => line.includes('"_aws"')).length).toBeGreaterThanOrEqual(22);
  });

  it('starts anew after that, on the /tmp that was left, and follows releases though it is frozen between', async () => {
    expect(await ask('POST', '/v2/models/flight-delay/infer', flights.v2())).toMatchObject({ statusCode: 200 });
    await deployment.trimtab('approve', 'flight-delay', '2');
    await deployment.trimtab('release', 'flight-delay', '2');
    const served: string[] = [];
    for (let i = 0; i < 60 && served.at(-1) !== '2'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const { statusCode, headers } = await ask('POST', '/v2/models/flight-delay/infer', flights.v2());
      expect(statusCode).toBe(200);
      served.push(headers['x-trimtab-model-version']!);
    }
    expect(served.at(-1)).toBe('2');
  });

  it('has everything open when it is started ahead of requests and frozen until one comes', async () => {
    const provisioned = await deployment.open(infer);
    await provisioned.provision();
    // Longer than a reading of the ledger may take: one cut off by the freezing would have failed when it goes on.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const first = await provisioned.invoke(httpEvent('POST', '/v2/models/flight-delay/infer', flights.v2()));
    expect(answerOf(first).statusCode).toBe(200);
    expect(provisioned.lines.filter((line) => line.includes('"error"'))).toEqual([]);
    expect(provisioned.lines.filter((line) => line.includes('"StaleRelease":1'))).toEqual([]);
  }, 30_000);

  it('keeps model files and the last release under /tmp, and stays within its memory', () => {
    const { tmp, isolated } = environment.sandbox;
    // Where the file system is read-only, anything else would have failed.
    if (isolated) expect(readdirSync(tmp)).toEqual(['trimtab']);
    const kept = path.join(tmp, 'trimtab');
    expect(readdirSync(kept).sort()).toEqual(['.unfinished', 'models', 'rehearsals', 'releases']);
    expect(readdirSync(path.join(kept, '.unfinished'))).toEqual([]);
    expect(readdirSync(path.join(tmp, 'trimtab', 'models')).every((name) => /^[0-9a-f]{64}\.onnx$/.test(name))).toBe(
      true,
    );
    warm.sort((a, b) => a - b);
    console.log(`warm: p50 ${warm[warm.length >> 1]!.toFixed(1)} ms; ${environment.highWaterMb.toFixed(0)} MB at most`);
    // Node, the library and two small models: far from the 1,769 MB that it has for the sake of a whole processor.
    expect(environment.highWaterMb).toBeLessThan(300);
  });

  it('ends at once when it is told to', async () => {
    const extensions = `http://${environment.api.address}/2020-01-01/extension`;
    await fetch(`${extensions}/register`, { method: 'POST', body: '{"events":["SHUTDOWN"]}' });
    const end = await environment.shutDown();
    expect(end).toMatchObject({ how: 'Runtime exited with error: signal: SIGTERM' });
    expect(end!.ms).toBeLessThan(2_000);
  });
});
