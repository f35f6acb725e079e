import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EndpointOptions } from '../../../functions/infer/endpoint.ts';
import { PIPELINE, ROW, request, Stand } from './stand.ts';

describe('a shadow', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await Stand.open();
    await stand.release(PIPELINE, 'pipeline');
    const version = await stand.register(PIPELINE, 'pipeline', 'two');
    await stand.apply('pipeline', { type: 'start-shadow', version, reason: 'test' });
  });
  afterEach(() => stand.close());

  const ask = async (options: Partial<EndpointOptions>, times: number) => {
    const endpoint = await stand.endpoint(options);
    for (let i = 0; i < times; i++) {
      const asked = request('POST', '/v1/models/pipeline:predict', { instances: [ROW] }, { 'x-request-id': `r${i}` });
      expect((await endpoint.handle(asked)).status).toBe(200);
    }
    return endpoint;
  };
  const mirrored = () => stand.metric('ShadowDisagreement');

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
    stand.lines.length = 0;
    // No run is as short as that: the first is tried, and tells so.
    await ask({ mirror: { budgetMs: 1e-9 } }, 10);
    expect(mirrored()).toHaveLength(1);
  });
});
