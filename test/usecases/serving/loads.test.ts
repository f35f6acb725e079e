import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../../core/registry/version.ts';
import { ModelLoadError } from '../../../platform/onnx/errors.ts';
import { loadModel } from '../../../platform/onnx/model.ts';
import { ArtifactCache } from '../../../usecases/serving/artifact-cache.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import type { ModelLoader } from '../../../usecases/serving/loaded-version.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

const OTHER = { ...PIPELINE, name: 'other' };

describe('Loads of an endpoint', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  const predict = async (endpoint: Endpoint, model = 'pipeline') =>
    read(await endpoint.handle(request('POST', `/v1/models/${model}:predict`, { instances: [ROW] })));
  const servedBy = async (endpoint: Endpoint, model: string) =>
    (await predict(endpoint, model)).headers['x-trimtab-model-version'];

  it('do not delay releases and rollbacks of other models, however long one takes', async () => {
    for (const manifest of [PIPELINE, OTHER]) {
      await fixture.release(manifest, 'pipeline');
      await fixture.register(manifest, 'pipeline', 'two');
    }
    let openGate: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    const load: ModelLoader = async ({ model, version, artifact }, file) => {
      if (model === 'pipeline' && version === 2) await gate;
      return loadModel(file, { digest: artifact.digest, threads: 1 });
    };
    const endpoint = await fixture.endpoint({ load });
    /** As the loop of a server looks, until it is served. */
    const follows = async (version: number) => {
      await fixture.apply('other', { type: 'release', version, reason: 'test' });
      while ((await servedBy(endpoint, 'other')) !== String(version)) await endpoint.look();
    };
    await fixture.apply('pipeline', { type: 'release', version: 2, reason: 'test' });
    await endpoint.look();
    await follows(2);
    await fixture.apply('other', { type: 'roll-back', quarantine: true, reason: 'test' });
    while ((await servedBy(endpoint, 'other')) !== '1') await endpoint.look();
    // Nor is another model's load by hand.
    const loaded = await endpoint.handle(request('POST', '/v2/repository/models/other/load', {}));
    expect(loaded.status).toBe(200);
    expect(await servedBy(endpoint, 'pipeline')).toBe('1');
    openGate();
    await endpoint.refresh();
    expect(await servedBy(endpoint, 'pipeline')).toBe('2');
  });

  it('are tried again more and more rarely when it is the version that fails', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    let now = Date.parse('2026-01-01T00:00:00Z');
    const tries: number[] = [];
    const load: ModelLoader = async () => {
      tries.push(now);
      throw new ModelLoadError('its graph takes too long');
    };
    const home = { ...fixture.home, clock: { now: () => new Date(now) } };
    const endpoint = await fixture.endpoint({ load, home, retrySeconds: 10 });
    for (let second = 0; second < 160; second++) {
      now += 1_000;
      await endpoint.look();
      await endpoint.settle(60_000);
    }
    expect(tries.slice(1).map((at, i) => (at - tries[i]!) / 1_000)).toEqual([10, 20, 40, 80]);
    expect((await predict(endpoint)).body.error).toContain('its graph cannot be opened');
  });

  it.each(['overwritten in part', 'cut short'])(
    'heal a copy in the cache that was %s, and say and count it',
    async (how) => {
      await fixture.release(PIPELINE, 'pipeline');
      await (await fixture.endpoint()).close();
      const folder = path.join(fixture.folder, 'cache', 'models');
      const [name] = await readdir(folder);
      const file = path.join(folder, name!);
      const right = await readFile(file);
      const bytes = Buffer.from(right);
      bytes.fill(0xff, 100, 164);
      await writeFile(file, how === 'cut short' ? bytes.subarray(0, 200) : bytes);
      // As a server's way does, which looks at the graph before anything else.
      const load: ModelLoader = async ({ artifact }, path_) => {
        if ((await readFile(path_))[100] === 0xff)
          throw new RangeError('no ONNX file: byte 100 begins a field of kind 7');
        return loadModel(path_, { digest: artifact.digest });
      };
      const endpoint = await fixture.endpoint({ load });
      expect((await predict(endpoint)).status).toBe(200);
      expect([...endpoint.healed]).toEqual([['models', 1]]);
      expect(fixture.lines.join('\n')).toContain('a damaged copy in the cache was replaced by what the store has');
      expect(await readFile(file)).toEqual(right);
    },
  );

  it.each([
    ['a folder', (file: string) => mkdir(path.join(file, 'in the way'), { recursive: true })],
    ['a link to a folder', (file: string) => symlink(path.dirname(file), file)],
    ['a link to itself', (file: string) => symlink(file, file)],
  ])('heal a cache where %s stands for each of its copies, and count it', async (_what, put) => {
    await fixture.release(PIPELINE, 'pipeline');
    await (await fixture.endpoint()).close();
    const cache = path.join(fixture.folder, 'cache');
    const kept: [string, Buffer][] = [];
    for (const kind of await readdir(cache))
      for (const name of await readdir(path.join(cache, kind)))
        kept.push([path.join(cache, kind, name), await readFile(path.join(cache, kind, name))]);
    expect(kept.map(([file]) => path.basename(path.dirname(file))).sort()).toEqual(['models', 'releases']);
    // A baseline is read by this way as well, whoever registered it.
    const bytes = Buffer.from('{"rows":3}');
    const artifact = { key: 'b', digest: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    const healed: string[] = [];
    const own = new ArtifactCache({
      folder: cache,
      artifacts: { get: async () => bytes, download: () => Promise.reject(new Error('it is small')) },
      needed: () => [],
      onHealed: (kind) => healed.push(kind),
    });
    const baseline = path.join(cache, 'baselines', `${artifact.digest}.json`);
    for (const [file] of [...kept, [baseline]] as [string][]) {
      await mkdir(path.dirname(file), { recursive: true });
      await rm(file, { force: true });
      await put(file);
    }
    const endpoint = await fixture.endpoint();
    expect((await predict(endpoint)).status).toBe(200);
    await endpoint.close();
    for (const [file, right] of kept) expect(await readFile(file)).toEqual(right);
    expect(endpoint.healed.get('models')).toBe(1);
    expect(await own.baseline({ baseline: artifact } as ModelVersion)).toEqual({ rows: 3 });
    expect([await readFile(baseline), healed]).toEqual([bytes, ['baselines']]);
  });
});
