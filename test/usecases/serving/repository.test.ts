import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIPELINE, ROW, read, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

const repository = (model: string, action: 'load' | 'unload') =>
  request('POST', `/v2/repository/models/${model}/${action}`);
const predict = request('POST', '/v1/models/pipeline:predict', { instances: [ROW] });

describe('Load', () => {
  it('serves a release at once that would be seen at the next reading only', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    await fixture.release(PIPELINE, 'pipeline', 'two');
    expect((await endpoint.handle(predict)).headers['x-trimtab-model-version']).toBe('1');
    expect(read(await endpoint.handle(repository('pipeline', 'load')))).toMatchObject({
      status: 200,
      body: { name: 'pipeline', load: true },
    });
    expect((await endpoint.handle(predict)).headers['x-trimtab-model-version']).toBe('2');
  });

  it('finds a model that is new in the registry, and says which there are when there is none of the name', async () => {
    const endpoint = await fixture.endpoint();
    await fixture.release(TREE, 'tree-30');
    expect((await endpoint.handle(repository('tree', 'load'))).status).toBe(200);
    expect(read(await endpoint.handle(repository('nobody', 'load')))).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('there is tree') },
    });
  });

  it('is 503 while nothing is released, while a version cannot be loaded, and while the ledger is down', async () => {
    await fixture.register(TREE, 'tree-30');
    await fixture.release({ ...PIPELINE }, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect(read(await endpoint.handle(repository('tree', 'load'))).body.error).toContain('nothing is released');
    await fixture.plant('pipeline', [{ name: 'nothing', type: 'float' }]);
    expect(read(await endpoint.handle(repository('pipeline', 'load')))).toMatchObject({
      status: 503,
      body: { error: 'version 2 of pipeline cannot be loaded' },
    });
    expect((await endpoint.handle(predict)).headers['x-trimtab-model-version']).toBe('1');
    fixture.ledger = 'down';
    expect(read(await endpoint.handle(repository('pipeline', 'load')))).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining('cannot be read now') },
    });
    expect((await endpoint.handle(predict)).status).toBe(200);
  });
});

describe('Unload', () => {
  it('is refused unless the endpoint was told otherwise', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint();
    expect(read(await endpoint.handle(repository('pipeline', 'unload')))).toMatchObject({
      status: 501,
      body: { error: expect.stringContaining('unload is not allowed') },
    });
    expect((await endpoint.handle(predict)).status).toBe(200);
  });

  it('takes a model out of service until it is loaded again, whatever is released meanwhile', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ allowUnload: true });
    expect(read(await endpoint.handle(repository('pipeline', 'unload')))).toMatchObject({
      status: 200,
      body: { name: 'pipeline', unload: true },
    });
    await fixture.release(PIPELINE, 'pipeline', 'two');
    await endpoint.refresh();
    expect((await endpoint.handle(predict)).status).toBe(503);
    expect((await endpoint.handle(request('GET', '/v2/models/pipeline/ready'))).status).toBe(503);
    expect(read(await endpoint.handle(request('POST', '/v2/repository/index'))).body).toMatchObject([
      { name: 'pipeline', state: 'UNAVAILABLE' },
    ]);
    expect((await endpoint.handle(repository('pipeline', 'load'))).status).toBe(200);
    expect((await endpoint.handle(predict)).headers['x-trimtab-model-version']).toBe('2');
  });
});
