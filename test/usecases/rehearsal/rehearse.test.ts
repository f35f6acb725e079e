import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { restoreTensor } from '../../../core/rehearsal/kept-tensor.ts';
import { Rehearsal } from '../../../core/rehearsal/rehearsal.ts';
import { digestOf } from '../../../platform/digest.ts';
import { type ExaminationLimits, withExamined } from '../../../platform/onnx/examine.ts';
import { node, value } from '../../../scripts/lib/onnx-writer.ts';
import { registerModel } from '../../../usecases/registry/register-model.ts';
import type { RegistrationView } from '../../../usecases/registry/registration-view.ts';
import { rehearseCandidate } from '../../../usecases/rehearsal/rehearse-candidate.ts';
import { writeExample } from '../../../usecases/rehearsal/write-example.ts';
import { encodeGraph, model } from '../../fixtures/onnx/onnx-model.ts';
import { modelFolder, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

/** A graph that looks its input up in a table of three: other rows it fails on. */
const GATHER = { name: 'gather', contract: { features: [{ name: 'index', type: 'integer' }] } };

let fixture: ServingFixture;
beforeEach(async () => {
  fixture = await ServingFixture.open();
});
afterEach(() => fixture.close());

interface Registered extends ExaminationLimits {
  readonly rows: readonly unknown[];
  readonly contract?: object;
}

const registered = (folder: string, limits?: ExaminationLimits): Promise<RegistrationView> =>
  withExamined(
    path.join(folder, 'model.onnx'),
    (examined) =>
      registerModel(fixture.registry, folder, examined, {
        rehearse: (candidate) => rehearseCandidate(candidate, examined.open),
      }),
    limits,
  );

async function register({ rows, contract, ...limits }: Registered): Promise<RegistrationView> {
  const folder = await modelFolder(fixture.folder, { ...GATHER, ...(contract && { contract }) }, 'broken-run');
  await writeFile(path.join(folder, 'example.jsonl'), rows.map((index) => `${JSON.stringify({ index })}\n`).join(''));
  return registered(folder, limits);
}

const post = (at: string) => request('POST', at);
const get = (at: string) => request('GET', at);

describe('a rehearsal', () => {
  it('refuses a graph that fails on all of its rows, with what ONNX Runtime said and the row', async () => {
    const refused = register({ rows: [7, 8] });
    await expect(refused).rejects.toThrow(
      /^the graph fails on all 2 rows of .*example\.jsonl, such as row 0 \{"index":7\}: /,
    );
    await expect(refused).rejects.toThrow('indices element out of data bounds, idx=7');
    expect((await fixture.registry.state('gather')).latest).toBe(0);
    const kept: string[] = [];
    for await (const { key } of fixture.real.artifacts.list('')) kept.push(key);
    expect(kept).toEqual([]);
  });

  it('says on how many it fails, keeps what it answered, and holds every endpoint to that', async () => {
    const { version, rehearsed, rehearsal, remarks } = await register({ rows: [0, 9, 1, 'no number'] });
    expect(rehearsed).toMatchObject({ source: 'example', rows: 3, failed: 1, refused: 1, kept: 2 });
    expect(remarks.join('\n')).toContain('fails on 1 of 3 rows');
    expect(remarks.join('\n')).toContain('the contract refuses 1 of 4 rows');
    const [{ evidence } = {}] = await fixture.registry.history('gather');
    expect(evidence).toMatchObject({ rehearsal: { failed: 1, firstFailure: { row: 1 } } });
    for (const type of ['approve', 'release'] as const)
      await fixture.apply('gather', { type, version, reason: 'test' });
    const good = await fixture.endpoint();
    expect(good.reports().get('gather')).toMatchObject({ champion: 1, notLoaded: [] });

    // Another try would fail again, so it is no 5xx; the version has failed all the same, and nothing of a run is told.
    const ask = async (...instances: number[]) =>
      read(
        await good.handle({
          ...post('/v1/models/gather:predict'),
          body: Buffer.from(JSON.stringify({ instances })),
        }),
      );
    const failed = await ask(99);
    expect(failed).toMatchObject({ status: 422, body: { error: expect.stringContaining('has no answer to these') } });
    expect(JSON.stringify(failed.body)).not.toContain('99');
    expect(fixture.metric('Failure').at(-1)).toMatchObject({ Failure: 1, Violation: 0 });
    expect(fixture.lines.join()).toContain('out of data bounds');
    expect((await ask(1)).status).toBe(200);
    // Of several rows the first that it fails on is named, by its place alone.
    for (const [rows, row] of [
      [[1, 0, 2, 99, 98, 1, 0], 3],
      [[99, 1], 0],
      [[1, 0, 1, 0, 99], 4],
    ] as const)
      expect(await ask(...rows)).toMatchObject({
        status: 422,
        body: { error: expect.stringContaining(`fails on them, first in row ${row}, though`) },
      });

    // A version whose answers were others: what an endpoint on another machine would find.
    const bytes = await fixture.real.artifacts.get(rehearsal!.key);
    const kept = Rehearsal.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const [first] = kept.kept;
    const [name, output] = Object.entries(first!.outputs)[0]!;
    const wrong = Buffer.from(Float32Array.of(123).buffer).toString('base64');
    first!.outputs[name] = { ...output, data: wrong };
    const record = (await fixture.real.ledger.version('gather', version))!;
    const content = Buffer.from(JSON.stringify(kept));
    const artifact = { key: `rehearsals/${digestOf(content)}.json`, digest: digestOf(content), bytes: content.length };
    await fixture.real.artifacts.put(artifact.key, content);
    const home = fixture.home;
    const ledger = { ...home.ledger, version: async () => ({ ...record, rehearsal: artifact }) };
    const endpoint = await fixture.endpoint({
      home: { ...home, ledger },
      cacheFolder: path.join(fixture.folder, 'other-cache'),
    });
    const reason = 'it does not answer its rehearsal as when it was registered';
    expect(endpoint.reports().get('gather')).toMatchObject({
      champion: null,
      notLoaded: [{ version: 1, variant: 'champion', reason }],
    });
    expect(read(await endpoint.handle(post('/v2/repository/index'))).body).toEqual([
      {
        name: 'gather',
        version: '1',
        state: 'UNAVAILABLE',
        reason: `it is to be the champion and is not loaded: ${reason}`,
      },
    ]);
    for (const at of ['/v2/health/ready', '/v2/models/gather/ready'])
      expect(read(await endpoint.handle(get(at)))).toMatchObject({
        status: 503,
        body: { ready: false, reason: `version 1 of gather, the champion, is not loaded: ${reason}` },
      });
    const told = `version 1 of gather, the champion, is not loaded: ${reason}`;
    for (const at of [
      '/v2/models/gather/versions/1',
      '/models/gather',
      '/seldon/n/gather/health/status',
      '/v1/models/gather/metadata',
    ])
      expect(read(await endpoint.handle(get(at))), at).toMatchObject({ status: 503 });
    for (const at of ['/v2/models/gather', '/models/gather', '/health/status', '/v1/models/gather/metadata'])
      expect(JSON.stringify(read(await endpoint.handle(get(at))).body), at).toContain(told);
    for (const at of ['/v1/models/gather', '/v1/models/gather/versions/1'])
      expect(read(await endpoint.handle(get(at))).body).toMatchObject({
        model_version_status: [
          {
            version: '1',
            state: 'END',
            status: { error_code: 'UNAVAILABLE', error_message: expect.stringContaining(reason) },
          },
        ],
      });
    expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 1, Variant: 'champion' });
    expect(fixture.lines.join()).toContain('is 0.');
    expect(fixture.lines.join()).toContain('expected 123');
  });

  it('runs requests of a tensor on integers beyond 2^53 with every digit', async () => {
    const folder = path.join(fixture.folder, 'ids');
    await mkdir(folder);
    const graph = encodeGraph('ids', {
      nodes: [node('Identity', ['ids'], ['same'])],
      inputs: [value('ids', 'int64', ['n', 2])],
      outputs: [value('same', 'int64', ['n', 2])],
    });
    await writeFile(path.join(folder, 'model.onnx'), model(graph));
    const contract = { features: [], tensors: [{ name: 'ids' }] };
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ name: 'ids', contract }));
    const requests = path.join(fixture.folder, 'ids.jsonl');
    await writeFile(requests, '{"ids": [9007199254740993, -9223372036854775808]}\n');
    expect(
      await writeExample(path.join(folder, 'example.jsonl'), requests, Manifest.parse({ name: 'ids', contract })),
    ).toBe(1);
    const { rehearsal } = await registered(folder);
    const bytes = await fixture.real.artifacts.get(rehearsal!.key);
    const [row] = Rehearsal.parse(JSON.parse(new TextDecoder().decode(bytes))).kept;
    for (const tensor of [row!.inputs.ids!, row!.outputs.same!])
      expect(restoreTensor(tensor).data).toEqual(BigInt64Array.of(9007199254740993n, -9223372036854775808n));
  });

  it('ends a process that takes more memory, or longer, than it may', async () => {
    await expect(register({ rows: [0], memoryMb: 1 })).rejects.toThrow(
      'its process took more than the 1 MB that it may have',
    );
    await expect(register({ rows: [0], seconds: 1e-6 })).rejects.toThrow(
      /the model was lost: it has not answered within/,
    );
  });

  it('keeps nothing of rows that are personal, in the ledger neither', async () => {
    const contract = { features: [{ name: 'index', type: 'integer', personal: 'omit' }] };
    const { rehearsal, rehearsed, remarks } = await register({ rows: [0, 9], contract });
    expect(rehearsal).toBeUndefined();
    expect(rehearsed).toMatchObject({ rows: 2, failed: 1, kept: 0, firstFailure: { row: 1, message: 'not kept' } });
    expect(remarks.join()).not.toContain('"index"');
    expect(JSON.stringify(await fixture.registry.history('gather'))).not.toContain('idx=9');
  });
});
