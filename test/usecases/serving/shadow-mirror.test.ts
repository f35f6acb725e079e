import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { EndpointOptions } from '../../../usecases/serving/endpoint.ts';
import { FLIGHT, PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

describe('a shadow', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
    await fixture.release(PIPELINE, 'pipeline');
    const version = await fixture.register(PIPELINE, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-shadow', version, reason: 'test' });
  });
  afterEach(() => fixture.close());

  const ask = async (options: Partial<EndpointOptions>, times: number) => {
    const endpoint = await fixture.endpoint(options);
    for (let i = 0; i < times; i++) {
      const asked = request('POST', '/v1/models/pipeline:predict', { instances: [ROW] }, { 'x-request-id': `r${i}` });
      expect((await endpoint.handle(asked)).status).toBe(200);
    }
    return endpoint;
  };
  const mirrored = () => fixture.metric('ShadowDisagreement');

  it('has its turn after the answer, where the process goes on, and says how far it is apart', async () => {
    await ask({ mirror: 'after' }, 3);
    await expect.poll(() => mirrored().length).toBe(3);
    // The same graph under another name: it cannot disagree.
    for (const line of mirrored())
      expect(line).toMatchObject({ ShadowDisagreement: 0, ShadowDifference: 0, Version: '2', Variant: 'shadow' });
  });

  it('has none of its turns lost when the endpoint closes', async () => {
    const endpoint = await ask({ mirror: 'after' }, 5);
    await endpoint.close();
    expect(mirrored()).toHaveLength(5);
  });

  it('gets as much of the traffic as its budget is good for, where it goes before the answer', async () => {
    await ask({ mirror: { budgetMs: Number.POSITIVE_INFINITY } }, 10);
    expect(mirrored()).toHaveLength(10);
    fixture.lines.length = 0;
    // No run is as short as that: the first is tried, and tells so.
    await ask({ mirror: { budgetMs: 1e-9 } }, 10);
    expect(mirrored()).toHaveLength(1);
  });
});

describe('a shadow of a model with guards', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  const FLIGHTS = path.resolve('models/flight-delay');

  /** Registers a version of the example without its decision, and with no confidence told. */
  async function silentFlights(source: string): Promise<number> {
    const folder = await mkdtemp(path.join(fixture.folder, 'flights-'));
    await copyFile(path.join(FLIGHTS, source, 'model.onnx'), path.join(folder, 'model.onnx'));
    const { decision: _, ...manifest } = JSON.parse(await readFile(path.join(FLIGHTS, 'v1', 'model.json'), 'utf8'));
    const silent = { ...manifest, guards: { confidence: 'label-only' } };
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(silent));
    const { version } = await fixture.registry.register(folder, await readSignature(path.join(folder, 'model.onnx')));
    await fixture.apply('flight-delay', { type: 'approve', version: version.version, reason: 'test' });
    return version.version;
  }

  /** What callers are told by each of two versions, the second a shadow, and what is said of it. */
  async function compare(model: string, row: object) {
    await fixture.apply(model, { type: 'release', version: 1, reason: 'test' });
    await fixture.apply(model, { type: 'start-shadow', version: 2, reason: 'test' });
    const endpoint = await fixture.endpoint();
    const told = async (version: number) => {
      const at = `/v1/models/${model}/versions/${version}:predict`;
      return read(await endpoint.handle(request('POST', at, { instances: [row] }))).body.predictions;
    };
    return { told: [await told(1), await told(2)], seen: fixture.metric('ShadowDisagreement')[0]! };
  }

  const { decision: _, ...SILENT } = {
    ...PIPELINE,
    outputs: [{ name: 'probabilities', meaning: 'probabilities' }],
    guards: { confidence: 'label-only' },
  };

  it('disagrees where the models do, though callers are shown the same', async () => {
    await silentFlights('v1');
    await silentFlights('v3');
    const { told, seen } = await compare('flight-delay', FLIGHT);
    expect(told[0]).toEqual(told[1]);
    expect(seen).toMatchObject({ ShadowDisagreement: 1, Version: '2' });
    expect(seen.ShadowDifference).toBeGreaterThan(0);
    expect(seen.ShadowDifference).toBeLessThan(1);
  });

  it('agrees where nothing but the guards is another, though callers would be shown something else', async () => {
    await fixture.register({ ...SILENT, guards: {} } as typeof SILENT, 'pipeline');
    await fixture.register(SILENT, 'pipeline', 'two');
    const { told, seen } = await compare('pipeline', ROW);
    expect(told[0]).not.toEqual(told[1]);
    expect(seen).toMatchObject({ ShadowDisagreement: 0, ShadowDifference: 0, Version: '2' });
  });

  it('disagrees where it refuses what was answered', async () => {
    const [carrier, , temperature] = PIPELINE.contract.features;
    const strict = { features: [carrier, { name: 'distance', type: 'float', max: 100 }, temperature] };
    await fixture.register(PIPELINE, 'pipeline');
    await fixture.register({ ...PIPELINE, contract: strict } as typeof PIPELINE, 'pipeline', 'two');
    const { told, seen } = await compare('pipeline', ROW);
    expect(told[1]).toBeUndefined();
    expect(seen).toMatchObject({ ShadowDisagreement: 1, Violation: 1, Version: '2' });
  });
});
