import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Explanation } from '../../../core/explain/explanation.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { FLIGHT, PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

const FLIGHTS = path.resolve('models/flight-delay/v3');

const NAMES = Object.keys(FLIGHT);

describe('an endpoint asked why', () => {
  let fixture: ServingFixture;
  let endpoint: Endpoint;

  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  /** Registers and releases the example model, its manifest and baseline changed. */
  async function serve(change: (manifest: Json, baseline: Json) => void = () => undefined): Promise<void> {
    const folder = await mkdtemp(path.join(fixture.folder, 'flights-'));
    await copyFile(path.join(FLIGHTS, 'model.onnx'), path.join(folder, 'model.onnx'));
    const [manifest, baseline] = await Promise.all(
      ['model.json', 'baseline.json'].map(async (file) => JSON.parse(await readFile(path.join(FLIGHTS, file), 'utf8'))),
    );
    delete baseline.background;
    change(manifest, baseline);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(manifest));
    await writeFile(path.join(folder, 'baseline.json'), JSON.stringify(baseline));
    const { version } = await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await fixture.apply('flight-delay', { type: 'approve', version: version.version, reason: 'test' });
    await fixture.apply('flight-delay', { type: 'release', version: version.version, reason: 'test' });
    endpoint = await fixture.endpoint();
  }

  const v1 = async (query: Record<string, string> = {}, instances: unknown[] = [FLIGHT]) =>
    read(await endpoint.handle({ ...request('POST', '/v1/models/flight-delay:explain', { instances }), query }));

  it('gives the prediction of v1 and explanations beside it', async () => {
    await serve();
    const { status, body, headers } = await v1({}, [FLIGHT, { ...FLIGHT, precip: 0 }]);
    expect(status).toBe(200);
    expect(headers['x-trimtab-model-version']).toBe('1');
    const predicted = read(
      await endpoint.handle(request('POST', '/v1/models/flight-delay:predict', { instances: [FLIGHT, FLIGHT] })),
    );
    expect(body.predictions[0]).toEqual(predicted.body.predictions[0]);
    const explanation: Explanation = body.explanations;
    expect(explanation).toMatchObject({
      method: 'exact',
      output: 'probabilities',
      column: 1,
      scale: 'raw',
      link: 'logistic',
      background: 'marginals',
      backgroundRows: 100,
      features: NAMES,
      fixed: [],
      complete: true,
    });
    expect(explanation.rows).toHaveLength(2);
    for (const [i, { baseValue, value, values }] of explanation.rows.entries()) {
      expect(baseValue + values.reduce((a, b) => a + b, 0)).toBeCloseTo(value, 9);
      expect(1 / (1 + Math.exp(-value))).toBeCloseTo(body.predictions[i].probabilities[1], 5);
    }
    // Late at the origin, late with the carrier: that is why.
    const most = explanation.rows[0]!.values.indexOf(Math.max(...explanation.rows[0]!.values));
    expect(['origin_delay', 'carrier_delay', 'origin_overdue']).toContain(NAMES[most]);
  });

  it('gives tensors and all of it as text in v2', async () => {
    await serve();
    const inputs = Object.entries(FLIGHT).map(([name, value]) => ({
      name,
      datatype: typeof value === 'string' ? 'BYTES' : 'FP32',
      shape: [1, 1],
      data: [value],
    }));
    const path = '/v2/models/flight-delay/versions/1/explain';
    const { status, body } = read(await endpoint.handle(request('POST', path, { id: 'why-1', inputs })));
    expect(status).toBe(200);
    expect(body).toMatchObject({ model_name: 'flight-delay', model_version: '1', id: 'why-1' });
    const tensor = (name: string) => body.outputs.find((output: { name: string }) => output.name === name);
    expect(tensor('values')).toMatchObject({ datatype: 'FP64', shape: [1, NAMES.length] });
    expect(tensor('features').data).toEqual(NAMES);
    const whole: Explanation = JSON.parse(tensor('explanation').data[0]);
    expect(whole.rows[0]!.values).toEqual(tensor('values').data);
    expect(tensor('base_values').data).toEqual([whole.rows[0]!.baseValue]);
  });

  it('gives what is known when time is out, with its standard errors', async () => {
    await serve();
    const instances = Array.from({ length: 60 }, (_, i) => ({ ...FLIGHT, origin_delay: i }));
    const { status, body } = await v1({ budget_ms: '1' }, instances);
    expect(status).toBe(200);
    const { complete, backgroundRows, rows }: Explanation = body.explanations;
    expect(complete).toBe(false);
    expect(backgroundRows).toBeGreaterThan(0);
    expect(backgroundRows).toBeLessThan(100);
    for (const { value, baseValue, values, standardErrors } of rows) {
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(value - baseValue, 9);
      expect(standardErrors).toHaveLength(NAMES.length);
    }
  });

  it('compares with the rows that the baseline keeps', async () => {
    const own = Object.fromEntries(NAMES.map((name, i) => [name, i]));
    await serve((_, baseline) => {
      baseline.background = {
        columns: [...NAMES].reverse(),
        rows: [[...NAMES].reverse().map((name) => FLIGHT[name as keyof typeof FLIGHT])],
      };
    });
    const { explanations } = (await v1({}, [{ ...FLIGHT, origin_delay: 0 }])).body;
    expect(explanations).toMatchObject({ background: 'rows', backgroundRows: 1 });
    // Nothing but this differs from the one row there is to compare with.
    const values: number[] = explanations.rows[0].values;
    expect(values.flatMap((value, i) => (value === 0 ? [] : [i]))).toEqual([own.origin_delay]);
  });

  it('holds personal features at what they are, and gives them no value', async () => {
    await serve((manifest) => {
      manifest.contract.features.find(({ name }: { name: string }) => name === 'carrier').personal = 'omit';
    });
    const exact: Explanation = (await v1()).body.explanations;
    expect(exact).toMatchObject({ method: 'exact', background: 'marginals', fixed: ['carrier'] });
    expect(exact.features).not.toContain('carrier');
    const sampled: Explanation = (await v1({ method: 'sampled', scale: 'raw', permutations: '20' })).body.explanations;
    expect(sampled).toMatchObject({ method: 'sampled', scale: 'raw', features: exact.features });
    expect(sampled.rows[0]!.baseValue).toBeCloseTo(exact.rows[0]!.baseValue, 4);
    for (const [i, value] of sampled.rows[0]!.values.entries())
      expect(Math.abs(value - exact.rows[0]!.values[i]!)).toBeLessThan(0.02 + 5 * sampled.rows[0]!.standardErrors![i]!);
  });

  it('captures nothing and counts no score: no prediction has been made', async () => {
    await serve();
    await v1();
    expect(fixture.captures()).toEqual([]);
    for (const name of ['Score', 'Rows', 'Latency', 'Failure', 'Violation']) expect(fixture.metric(name)).toEqual([]);
  });

  it('counts and times explanations under names of their own', async () => {
    await serve();
    await v1();
    await v1({ column: '7' });
    const [good, refused] = fixture.metric('ExplainLatency');
    expect(good).toMatchObject({ ExplainFailure: 0, Model: 'flight-delay', Version: '1', Variant: 'champion' });
    expect(good!.ExplainLatency).toBeGreaterThan(0);
    expect(refused).toMatchObject({ ExplainFailure: 0 });
    expect(fixture.metric('ExplainLatency')).toHaveLength(2);
  });

  it('refuses what breaks the contract, too many rows, and options that are none', async () => {
    await serve((manifest) => {
      manifest.explanations = { maxRows: 2 };
    });
    const told = async (...asked: Parameters<typeof v1>) => {
      const { status, body } = await v1(...asked);
      return [status, body.error];
    };
    expect(await told({}, [{ ...FLIGHT, origin: 'LAX' }])).toEqual([400, expect.stringContaining('data contract')]);
    expect(await told({}, [FLIGHT, FLIGHT, FLIGHT])).toEqual([400, expect.stringContaining('at most 2')]);
    expect(await told({ column: '7' })).toEqual([400, 'output probabilities has columns 0 to 1, received 7']);
    expect(await told({ column: '-1' })).toEqual([400, 'column is -1, expected a whole number from 0']);
    expect(await told({ output: 'no' })).toEqual([
      400,
      expect.stringContaining('expected one of label, probabilities'),
    ]);
    expect(await told({ method: 'guess' })).toEqual([400, 'method is guess, expected exact or sampled']);
  });

  it('tells no more decimals than predictions do', async () => {
    await serve((manifest) => {
      manifest.guards = { round: 2 };
    });
    const [{ baseValue, value, values }] = (await v1({ method: 'sampled' })).body.explanations.rows;
    for (const number of [baseValue, value, ...values]) expect(number).toBe(Number(number.toFixed(2)));
  });

  const v2Inputs = Object.entries(FLIGHT).map(([name, value]) => ({
    name,
    datatype: typeof value === 'string' ? 'BYTES' : 'FP32',
    shape: [1, 1],
    data: [value],
  }));
  /** Every way to ask for an explanation, and where its errors have their message. */
  const ways: [string, string, object, (body: Json) => unknown][] = [
    ['v1', '/v1/models/flight-delay:explain', { instances: [FLIGHT] }, ({ error }) => error],
    ['v1 of a version', '/v1/models/flight-delay/versions/1:explain', { instances: [FLIGHT] }, ({ error }) => error],
    ['v2', '/v2/models/flight-delay/explain', { inputs: v2Inputs }, ({ error }) => error],
    ['v2 of a version', '/v2/models/flight-delay/versions/1/explain', { inputs: v2Inputs }, ({ error }) => error],
    ['TorchServe', '/explanations/flight-delay', FLIGHT, ({ code, message }) => code === 403 && message],
    ['TorchServe of a version', '/explanations/flight-delay/1', FLIGHT, ({ code, message }) => code === 403 && message],
  ]; // biome-ignore format: a table

  it.each(['label-only', 'top1'])('refuses to explain over any protocol where it tells %s', async (confidence) => {
    await serve((manifest) => {
      manifest.guards = { confidence };
      manifest.explanations = {};
    });
    for (const [way, path, body, messageOf] of ways)
      for (const query of [{}, { method: 'sampled' }, { scale: 'raw' }] as Record<string, string>[]) {
        const answered = read(await endpoint.handle({ ...request('POST', path, body), query }));
        expect([way, answered.status, messageOf(answered.body)]).toEqual([
          way,
          403,
          `predictions of model flight-delay are not explained: it tells ${confidence} of its confidence, and an explanation would tell all`,
        ]);
        expect(JSON.stringify(answered.body)).not.toMatch(/baseValue|values/);
      }
    // Nobody's release is any worse for it.
    for (const line of fixture.metric('Failure')) expect(line.Failure).toBe(0);
  });

  it('explains by each of them what is told in full', async () => {
    await serve();
    for (const [way, path, body] of ways) {
      const { status, body: answered } = read(await endpoint.handle(request('POST', path, body)));
      expect([way, status, JSON.stringify(answered)]).toEqual([way, 200, expect.stringContaining('baseValue')]);
    }
  });

  it('refuses a version that has no baseline to compare with', async () => {
    await fixture.release({ ...PIPELINE }, 'pipeline');
    endpoint = await fixture.endpoint();
    const ask = request('POST', '/v1/models/pipeline:explain', { instances: [ROW] });
    expect(read(await endpoint.handle(ask))).toMatchObject({
      status: 501,
      body: { error: 'version 1 of pipeline has no baseline to compare with' },
    });
  });
});

// biome-ignore lint/suspicious/noExplicitAny: files of the example, changed in place
type Json = any;
