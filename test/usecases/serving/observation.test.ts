import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observation, Sink } from '../../../core/observability/observation.ts';
import { BROKEN, PIPELINE, ROW, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
let seen: Observation[];
const sink: Sink = { record: (observation) => seen.push(observation) };

beforeEach(async () => {
  seen = [];
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

const PREDICT = '/v1/models/pipeline:predict';

describe('Every request is observed once', () => {
  it('with who answered, what was said, and the time of each step, all within the whole', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ sinks: [sink] });
    // In the turn in which the model was warmed a run would have to wait.
    await new Promise((resolve) => setImmediate(resolve));
    await endpoint.handle(
      request('POST', PREDICT, { instances: [ROW, { ...ROW, temperature: 99 }] }, { 'x-request-id': 'r' }),
    );
    expect(seen).toMatchObject([
      {
        asked: 'infer',
        protocol: 'v1',
        model: 'pipeline',
        route: { variant: 'champion', version: 1 },
        id: 'r',
        outcome: 'ok',
        status: 200,
        rows: 2,
        tolerated: 1,
      },
    ]);
    const [{ phases, duration, scores }] = seen as [Observation];
    expect(scores).toHaveLength(2);
    const { decode, check, infer, encode } = phases;
    for (const ms of [decode, check, infer, encode]) expect(ms).toBeGreaterThan(0);
    expect(decode! + check! + infer! + encode!).toBeLessThanOrEqual(duration);
    expect(phases).toMatchObject({ queue: undefined, explain: undefined });
  });

  it('as its caller’s fault, with the steps that it came to, when it breaks the contract', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ sinks: [sink] });
    await endpoint.handle(request('POST', PREDICT, { instances: [{ ...ROW, distance: -1 }] }));
    expect(seen).toMatchObject([
      { outcome: 'caller', status: 400, broken: true, rows: 0, scores: [], route: { version: 1 } },
    ]);
    expect(seen[0]!.phases.decode).toBeGreaterThan(0);
    expect(seen[0]!.phases.infer).toBeUndefined();
  });

  it('as ours when the run fails, and as unavailable while nothing is released', async () => {
    await fixture.release(BROKEN, 'broken-run');
    await fixture.register(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ sinks: [sink] });
    await endpoint.handle(
      request('POST', '/v2/models/broken/infer', {
        inputs: [{ name: 'index', shape: [1], datatype: 'INT64', data: [99] }],
      }),
    );
    await endpoint.handle(request('POST', PREDICT, { instances: [ROW] }));
    expect(seen.map(({ outcome, route, model }) => ({ outcome, route, model }))).toEqual([
      { outcome: 'internal', route: { variant: 'champion', version: 1 }, model: 'broken' },
      { outcome: 'unavailable', route: undefined, model: 'pipeline' },
    ]);
  });

  it('without a model where it named one that is not there, so that no caller can make up names of metrics', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ sinks: [sink] });
    await endpoint.handle(request('POST', '/v1/models/made-up:predict', { instances: [ROW] }));
    await endpoint.handle(request('GET', '/nowhere'));
    expect(seen).toMatchObject([
      { model: undefined, outcome: 'caller', status: 404, asked: 'infer' },
      { model: undefined, outcome: 'caller', status: 404, asked: 'nothing', protocol: 'none' },
    ]);
  });

  it('the shadow’s copy as one of its own, whose time is its own', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const shadow = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-shadow', version: shadow, reason: 'test' });
    const endpoint = await fixture.endpoint({ sinks: [sink] });
    await endpoint.handle(request('POST', PREDICT, { instances: [ROW] }));
    await expect.poll(() => seen.map(({ route }) => route!.variant).sort()).toEqual(['champion', 'shadow']);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
  });
});
