import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
let endpoint: Endpoint;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  endpoint = await fixture.endpoint();
});
afterAll(() => fixture.close());

describe('Seldon feedback', () => {
  it('is kept under the id that its prediction was captured with', async () => {
    const asked = { meta: { puid: 'flight-1' }, jsonData: ROW };
    const predicted = read(await endpoint.handle(request('POST', '/seldon/ns/any/api/v1.0/predictions', asked)));
    expect(predicted).toMatchObject({ status: 200, headers: { 'seldon-puid': 'flight-1' } });
    expect(fixture.captures().map(({ id }) => id)).toEqual(['flight-1']);

    const feedback = { request: asked, response: predicted.body, reward: 2.5, truth: { data: { ndarray: [[1]] } } };
    const answered = read(await endpoint.handle(request('POST', '/seldon/ns/any/api/v1.0/feedback', feedback)));
    expect(answered).toMatchObject({ status: 200, body: { meta: { puid: 'flight-1' } } });
    const kept: string[] = [];
    for await (const { key } of fixture.real.data.list('ground-truth/incoming/pipeline/')) kept.push(key);
    expect(kept).toHaveLength(1);
    const lines = Buffer.from(await fixture.real.data.get(kept[0]!))
      .toString('utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: 'flight-1', truth: 1 },
      { id: 'flight-1', metric: 'reward', value: 2.5 },
    ]);
  });
});
