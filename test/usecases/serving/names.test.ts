import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { read, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

const rows = { instances: [Array(30).fill(0)] };

describe('names of models', () => {
  it('are found as other servers have them, with capitals and underscores', async () => {
    await fixture.release({ ...TREE, name: 'half-plus-two' }, 'tree-30');
    const endpoint = await fixture.endpoint();
    const ask = async (method: string, path: string, body?: object) => endpoint.handle(request(method, path, body));
    const plain = await ask('POST', '/v1/models/half-plus-two:predict', rows);
    expect(plain.status).toBe(200);
    for (const name of ['half_plus_two', 'Half_Plus_Two', 'half-plus_two']) {
      expect((await ask('POST', `/v1/models/${name}:predict`, rows)).body).toBe(plain.body);
      expect((await ask('GET', `/v1/models/${name}`)).status).toBe(200);
      expect(read(await ask('GET', `/v2/models/${name}`))).toMatchObject({ status: 200, body: { name } });
      expect(read(await ask('GET', `/v2/models/${name}/stats`)).body.model_stats).toMatchObject([
        { name: 'half-plus-two', version: '1' },
      ]);
      expect((await ask('POST', `/predictions/${name}`, { features: rows.instances[0] })).status).toBe(200);
      expect((await ask('POST', `/v2/repository/models/${name}/load`)).status).toBe(200);
    }
    expect(new Set(fixture.metric('Failure').map(({ Model }) => Model))).toEqual(new Set(['half-plus-two']));
    expect((await ask('POST', '/v1/models/half_plus_three:predict', rows)).status).toBe(404);
  });
});
