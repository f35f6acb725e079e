import { afterAll, beforeAll, expect, it } from 'vitest';
import alarmSample from '../../../events/samples/alarm-state-change.json' with { type: 'json' };
import scheduled from '../../../events/samples/scheduled.json' with { type: 'json' };
import { advance } from '../../../functions/advance/trigger.ts';
import { drift } from '../../../functions/drift/trigger.ts';
import { groundTruth } from '../../../functions/ground-truth/trigger.ts';
import { infer } from '../../../functions/infer/trigger.ts';
import { rollback } from '../../../functions/rollback/trigger.ts';
import type { HistoryView } from '../../../usecases/registry/history-view.ts';
import type { ExecutionEnvironment } from '../../lambda/environment.ts';
import { httpEvent } from '../../lambda/events.ts';
import { InvokeApi } from '../../lambda/invoke-api.ts';
import { describeOnLambda } from '../../lambda/on-lambda.ts';
import { Deployment } from './deployment.ts';
import { springFlights } from './flights.ts';
import { deliverCaptures, publishMetrics } from './logs.ts';

const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:infer:live';
/** Requests of one flight each, every one with its own routing key: in each run the same ones go to the canary. */
const REQUESTS = 480;

/** A bad canary, from its first answer to the rollback that is seen, by nothing but packaged functions. */
describeOnLambda('the packaged functions that keep a model on course', () => {
  let deployment: Deployment;
  let endpoint: ExecutionEnvironment;
  let lambda: InvokeApi;
  let joinedAt: number;
  const open = (spec: Parameters<Deployment['open']>[0]) =>
    deployment.open(spec, { TRIMTAB_ENDPOINT_FUNCTION: ENDPOINT, AWS_ENDPOINT_URL_LAMBDA: lambda.url });
  const kinds = async () =>
    (JSON.parse(await deployment.trimtab('history', 'flight-delay', '--json')) as HistoryView).entries.map(
      (e) => e.kind,
    );

  beforeAll(async () => {
    deployment = await Deployment.create();
    for (const version of ['1', '2']) {
      await deployment.trimtab('register', `models/flight-delay/v${version}`);
      await deployment.trimtab('approve', 'flight-delay', version);
    }
    await deployment.trimtab('release', 'flight-delay', '1');
    await deployment.trimtab('release', 'flight-delay', '2', '--canary');
    endpoint = await deployment.open(infer);
    lambda = await InvokeApi.listen(new Map([[ENDPOINT, endpoint]]));
  }, 180_000);
  afterAll(async () => {
    await lambda.close();
    await deployment.close();
  });

  it('answers an alarm from before the release by nothing, for it says nothing about it', async () => {
    const environment = await open(rollback);
    const before = await kinds();
    expect(await environment.invoke(alarmSample)).toMatchObject({ kind: 'result', value: { answered: null } });
    expect(await kinds()).toEqual(before);
  }, 60_000);

  it('serves both variants, and takes what turned out to be true', async () => {
    const versions = new Map<string, number>();
    const truths: { id: string; truth: number }[] = [];
    const flights = await springFlights();
    for (let i = 0; i < REQUESTS; i++) {
      const one = flights(i, i + 1);
      const event = httpEvent('POST', '/v2/models/flight-delay/infer', one.v2(), {
        headers: { 'x-trimtab-routing-key': `flight ${i}` },
      });
      const answer = await endpoint.invoke(event);
      expect(answer).toMatchObject({ kind: 'result', value: { statusCode: 200 } });
      const { headers } = (answer as { value: { headers: Record<string, string> } }).value;
      const version = headers['x-trimtab-model-version']!;
      versions.set(version, (versions.get(version) ?? 0) + 1);
      const late = one.flights[0]!.late;
      if (late !== null) truths.push({ id: headers['x-trimtab-prediction-id']!, truth: late });
    }
    expect(versions.get('2')).toBeGreaterThan(30);
    const sent = httpEvent('POST', '/trimtab/v1/models/flight-delay/truth', { records: truths });
    expect(await endpoint.invoke(sent)).toMatchObject({ value: { statusCode: 202 } });
    expect(await deliverCaptures(deployment.home, endpoint.lines)).toBe(REQUESTS);
  }, 60_000);

  it('joins ground truth, cold, and finds nothing more to join, warm', async () => {
    const environment = await open(groundTruth);
    const first = await environment.invoke(scheduled);
    expect(first).toMatchObject({ kind: 'result', value: { waiting: 0 } });
    expect((first as { value: { joined: number } }).value.joined).toBeGreaterThan(REQUESTS * 0.9);
    expect(await environment.invoke(scheduled)).toMatchObject({ kind: 'result', value: { joined: 0 } });
    joinedAt = Date.now();
    expect(await publishMetrics(environment.lines)).toBeGreaterThan(1);
    expect(environment.highWaterMb).toBeLessThan(groundTruth.memoryMb / 2);
  }, 60_000);

  it('looks for drift in what was captured, cold and warm', async () => {
    const environment = await open(drift);
    for (let run = 0; run < 2; run++) {
      const found = await environment.invoke(scheduled);
      expect(found).toMatchObject({ kind: 'result', value: { 'flight-delay': expect.any(String) } });
    }
    const reports: string[] = [];
    for await (const { key } of deployment.home.data.list('reports/drift/flight-delay/')) reports.push(key);
    expect(reports.some((key) => key.endsWith('/report.html'))).toBe(true);
    expect(environment.highWaterMb).toBeLessThan(drift.memoryMb / 2);
  }, 60_000);

  it('answers an alarm by taking the canary back, and sees the endpoint follow', async () => {
    const environment = await open(rollback);
    const fresh = structuredClone(alarmSample);
    fresh.detail.state.timestamp = new Date(joinedAt).toISOString().replace('Z', '+0000');
    fresh.detail.state.reasonData = '{}';
    const answered = await environment.invoke(fresh);
    expect(answered).toMatchObject({ kind: 'result', value: { kind: 'canary-aborted' } });
    expect(await kinds()).toEqual(expect.arrayContaining(['canary-aborted', 'rollback-verified']));
    // The same transition again, as EventBridge may send it.
    expect(await environment.invoke(fresh)).toMatchObject({ value: (answered as { value: unknown }).value });
    expect((await kinds()).filter((kind) => kind === 'canary-aborted')).toHaveLength(1);
    // Neither is an error, which would be tried again, become a dead letter and page.
    for (const stranger of [
      'trimtab.dev.somebody-elses.champion.Failure',
      'trimtab.prod.flight-delay.champion.Failure',
    ]) {
      fresh.detail.alarmName = stranger;
      expect(await environment.invoke(fresh)).toMatchObject({ kind: 'result', value: { answered: null } });
    }
    expect(environment.highWaterMb).toBeLessThan(rollback.memoryMb / 2);
  }, 60_000);

  it('looks at rollouts, cold and warm', async () => {
    const environment = await open(advance);
    for (let run = 0; run < 2; run++)
      expect(await environment.invoke(scheduled)).toMatchObject({
        kind: 'result',
        value: [{ model: 'flight-delay', waiting: 'no canary' }],
      });
    expect(environment.highWaterMb).toBeLessThan(advance.memoryMb / 2);
  }, 60_000);
});
