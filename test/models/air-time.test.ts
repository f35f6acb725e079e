import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withExamined } from '../../platform/onnx/examine.ts';
import type { Endpoint } from '../../usecases/serving/endpoint.ts';
import { read, request, ServingFixture } from '../fixtures/serving-fixture.ts';

/** models/air-time, registered and served as it is. */
const FOLDER = path.resolve('models/air-time/v1');
const WHOLE = ['distance', 'departure_minute'];
const NUMBERS = ['route_yesterday', 'seats', 'wind_speed'];

/** The rows of a file of traffic, as instances, with the minutes that they really took. */
function flights(name: string): { instance: Record<string, unknown>; truth: number }[] {
  const [head, ...lines] = readFileSync(`models/air-time/data/${name}.csv`, 'utf8').trim().split('\n');
  const columns = head!.split(',');
  return lines.map((line) => {
    const cells = Object.fromEntries(line.split(',').map((cell, i) => [columns[i]!, cell]));
    const instance: Record<string, unknown> = { weekend: cells.weekend === 'true' };
    for (const key of ['carrier', 'origin', 'dest', 'engine']) instance[key] = cells[key];
    for (const key of WHOLE) instance[key] = Number(cells[key]);
    for (const key of NUMBERS) instance[key] = cells[key] === '' ? null : Number(cells[key]);
    return { instance, truth: Number(cells.air_time) };
  });
}

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  const { version } = await withExamined(path.join(FOLDER, 'model.onnx'), ({ signature, file }) =>
    fixture.registry.register(FOLDER, signature, { modelFile: file }),
  );
  await fixture.apply('air-time', { type: 'approve', version: version.version, reason: 'test' });
  await fixture.apply('air-time', { type: 'release', version: version.version, reason: 'test' });
  endpoint = await fixture.endpoint();
}, 60_000);
afterAll(() => fixture.close());

const predict = async (instances: unknown[]) =>
  read(await endpoint.handle(request('POST', '/v1/models/air-time:predict', { instances })));

describe('air-time', () => {
  it.each([
    ['minutes', 'exact'],
    ['low', 'sampled'],
  ])('says what each of its texts, integers, booleans and gaps adds to %s', async (output, method) => {
    const rows = flights('traffic-summer').slice(0, 4);
    rows[0]!.instance.seats = null;
    const instances = rows.map(({ instance }) => instance);
    const asked = request('POST', '/v1/models/air-time:explain', { instances });
    const { status, body } = read(await endpoint.handle({ ...asked, query: { output, permutations: '1' } }));
    expect([status, body.error]).toEqual([200, undefined]);
    const { features, rows: explained, ...how } = body.explanations;
    expect(how).toMatchObject({ method, output, column: 0, background: 'rows', backgroundRows: 100, complete: true });
    expect([...features].sort()).toEqual(Object.keys(instances[0]!).sort());
    for (const [i, { baseValue, value, values, column }] of explained.entries()) {
      expect(column).toBe(0);
      expect(baseValue + values.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(value, 6);
      expect(value).toBeCloseTo(body.predictions[i][output], 3);
      const size = (name: string) => Math.abs(values[features.indexOf(name)]);
      expect(size('distance')).toBeGreaterThan(size('weekend'));
    }
  });

  it.each([
    ['summer', 0.0618, 0.7696],
    ['autumn', 0.0981, 0.8099],
  ])('is as good over the endpoint as its metrics say (%s)', async (name, wrong, covered) => {
    const rows = flights(`traffic-${name}`);
    const { body } = await predict(rows.map(({ instance }) => instance));
    expect(body.error).toBeUndefined();
    const seen = { wrong: 0, covered: 0 };
    for (const [i, { truth }] of rows.entries()) {
      const { minutes, low, high } = body.predictions[i] as Record<string, [number]>;
      expect(low![0]).toBeLessThanOrEqual(minutes![0]);
      expect(high![0]).toBeGreaterThanOrEqual(minutes![0]);
      if (Math.abs(minutes![0] - truth) > 15) seen.wrong++;
      if (truth >= low![0] && truth <= high![0]) seen.covered++;
    }
    // A part of the flights that the metrics were taken on: within three standard errors of them.
    expect(Math.abs(seen.wrong / rows.length - wrong)).toBeLessThan(0.02);
    expect(Math.abs(seen.covered / rows.length - covered)).toBeLessThan(0.03);
  });

  it('takes its inputs each in its own type', async () => {
    const { instance } = flights('traffic-summer')[0]!;
    const { body } = read(await endpoint.handle(request('GET', '/v2/models/air-time')));
    const types = Object.fromEntries(
      body.inputs.map((input: { name: string; datatype: string }) => [input.name, input.datatype]),
    );
    expect(types).toMatchObject({ carrier: 'BYTES', distance: 'INT64', weekend: 'BOOL', seats: 'FP32' });
    for (const [key, value, message] of [
      ['distance', 800.5, /distance in row 0 is 800.5, expected an integer/],
      ['weekend', 2, /weekend in row 0 is 2, expected true or false/],
      ['origin', 'BOS', /origin in row 0 is "BOS", expected one of EWR, JFK, LGA/],
      ['distance', null, /distance in row 0 is missing/],
    ] as const) {
      const answer = await predict([{ ...instance, [key]: value }]);
      expect([answer.status, answer.body.error]).toEqual([400, expect.stringMatching(message)]);
    }
  });

  it('captures what it was asked and what it decided', async () => {
    const { instance } = flights('traffic-autumn')[0]!;
    const before = fixture.captures().length;
    const { body } = await predict([instance]);
    const [capture] = fixture.captures().slice(before);
    expect(capture!.features).toMatchObject({ weekend: [instance.weekend], distance: [instance.distance] });
    expect(capture!.scores![0]).toBeCloseTo(body.predictions[0].minutes[0], 3);
  });
});
