import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { baselineOf } from '../../../usecases/registry/load-baseline.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { PIPELINE, read, request } from '../../fixtures/serving-fixture.ts';
import { FaultFixture, served } from './fault-fixture.ts';
import { SLOW_DOWN } from './fault-proxy.ts';

const GET_MODEL = { service: 's3', operation: 'GET', path: /\/models\// };

describe('S3', () => {
  let fixture: FaultFixture;
  beforeEach(async () => {
    fixture = await FaultFixture.open();
  });
  afterEach(() => fixture.close());

  const drop = async (text = 'a\n1\n2\n3\n') => {
    const contract = { features: [{ name: 'a', type: 'integer', min: 2 }], file: { maxQuarantinedShare: 1 } };
    await fixture.home.data.put('contracts/other.json', JSON.stringify({ contract }));
    const key = 'incoming/other/x.csv';
    await fixture.home.data.put(key, text);
    const { versionId, bytes } = (await fixture.home.data.head(key))!;
    return { key, versionId, bytes };
  };

  describe('cuts bodies off', () => {
    it.each([
      ['so that it shows', { kind: 'cut', bytes: 100 }],
      ['so that only a checksum tells', { kind: 'shorten', bytes: 100 }],
      ['so that nothing tells but the digest', { kind: 'shorten', bytes: 100, dropHeaders: /checksum/ }],
    ] as const)('%s: a start reads the model again, and serves it whole', async (_, fault) => {
      await fixture.release(PIPELINE);
      const rule = fixture.proxy.when(GET_MODEL, fault, { times: 1 });
      expect(await served(await fixture.endpoint())).toBe(1);
      expect(rule.hits).toBe(1);
    });

    it('always: a new version is not served, the old one goes on, and the failure is a metric', async () => {
      await fixture.release(PIPELINE);
      const endpoint = await fixture.endpoint();
      await fixture.release(PIPELINE, 'pipeline', 'two');
      fixture.proxy.when(GET_MODEL, { kind: 'shorten', bytes: 100, dropHeaders: /checksum/ });
      await endpoint.refresh();
      expect(await served(endpoint)).toBe(1);
      expect(fixture.metric('LoadFailure')).toMatchObject({ LoadFailure: 1, Version: '2' });
      await fixture.expectAllStored();
    });

    it('of a baseline: it is read again; of one that comes short for ever, nothing is believed', async () => {
      const home = fixture.home;
      const body = readFileSync(path.resolve('models/flight-delay/v1/baseline.json'));
      const { registry } = fixture;
      const { readSignature } = await import('../../../platform/onnx/model.ts');
      const model = 'models/flight-delay/v1';
      const { version } = await registry.register(model, await readSignature(`${model}/model.onnx`));
      const match = { service: 's3', operation: 'GET', path: /\/baselines\// };
      const short = { kind: 'shorten', bytes: body.length - 10, dropHeaders: /checksum/ } as const;
      const forever = fixture.proxy.when(match, short);
      await expect(baselineOf(home, version)).rejects.toThrow(/has digest .*, expected/);
      forever.lift();
      fixture.proxy.when(match, short, { times: 1 });
      expect((await baselineOf(home, version))?.profile.rows).toBeGreaterThan(0);
    });

    it('of a drop: it is read again, or not validated at all, but never validated as a shorter file', async () => {
      const event = await drop();
      const match = { service: 's3', operation: 'GET', path: /incoming/ };
      const always = fixture.proxy.when(match, { kind: 'shorten', bytes: 4, dropHeaders: /checksum/ });
      await expect(validateDrop(fixture.home, event)).rejects.toThrow('came with 4 bytes, the event told of 8');
      always.lift();
      fixture.proxy.when(match, { kind: 'cut', bytes: 4 }, { times: 1 });
      fixture.proxy.when(match, { kind: 'shorten', bytes: 4 }, { times: 1 });
      expect(await validateDrop(fixture.home, event)).toMatchObject({
        rows: { records: 3, accepted: 2, quarantined: 1 },
      });
      await fixture.expectAllStored();
    });
  });

  it('is slow, asks to slow down, breaks connections and loses acknowledgements: a drop is validated once', async () => {
    const event = await drop();
    const s3 = { service: 's3' };
    const rules = [
      fixture.proxy.when(s3, SLOW_DOWN, { probability: 0.15, seed: 1 }),
      fixture.proxy.when(s3, { kind: 'reset' }, { probability: 0.1, seed: 2 }),
      fixture.proxy.when({ ...s3, operation: 'PUT' }, { kind: 'lost-answer' }, { probability: 0.4, seed: 3 }),
      fixture.proxy.when(s3, { kind: 'delay', ms: 100 }, { probability: 0.2, seed: 4 }),
    ];
    let report: Awaited<ReturnType<typeof validateDrop>> | undefined;
    // As the queue delivers it again when it fails.
    for (let delivery = 1; report === undefined && delivery <= 5; delivery++)
      report = await validateDrop(fixture.home, event).catch(() => undefined);
    for (const rule of rules) expect(rule.hits).toBeGreaterThan(0);
    expect(report).toMatchObject({ version: 1, rows: { records: 3, accepted: 2, quarantined: 1 } });
    fixture.proxy.clear();
    expect(await validateDrop(fixture.home, event)).toMatchObject({ repeated: true, version: 1 });
    await fixture.expectAllStored();
  });

  it('is gone in the middle: what was begun is finished by the next delivery, under the same number', async () => {
    const event = await drop();
    fixture.proxy.when({ service: 's3', operation: 'PUT', path: /manifest/ }, { kind: 'reset' });
    await expect(validateDrop(fixture.home, event)).rejects.toThrow();
    fixture.proxy.clear();
    expect(await validateDrop(fixture.home, event)).toMatchObject({ version: 1 });
    expect(
      (await fixture.home.data.head('datasets/other/dataset_version=000001/_manifest.json'))?.bytes,
    ).toBeGreaterThan(0);
    await fixture.expectAllStored();
  });

  it('takes no ground truth: the caller is asked to send it again, and what was accepted is there', async () => {
    await fixture.release(PIPELINE);
    const endpoint = await fixture.endpoint();
    const send = async (id: string) => {
      const body = { records: [{ id, truth: 1 }] };
      return read(await endpoint.handle(request('POST', '/trimtab/v1/models/pipeline/truth', body))).status;
    };
    const put = { service: 's3', operation: 'PUT' };
    const outage = fixture.proxy.when(put, SLOW_DOWN);
    expect(await send('p0')).toBe(503);
    outage.lift();
    fixture.proxy.when(put, { kind: 'lost-answer' }, { probability: 0.5, seed: 5 });
    const accepted = ['p0', 'p1', 'p2', 'p3'];
    for (const id of accepted) expect(await send(id)).toBe(202);
    fixture.proxy.clear();
    const kept: string[] = [];
    for await (const { key } of fixture.home.data.list('ground-truth/incoming/'))
      kept.push(JSON.parse(new TextDecoder().decode(await fixture.home.data.get(key))).id);
    expect(kept).toEqual(expect.arrayContaining(accepted));
    await fixture.expectAllStored();
  });
});
