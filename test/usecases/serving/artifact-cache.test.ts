import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../../core/registry/version.ts';
import { digestOf } from '../../../platform/digest.ts';
import { ArtifactCache } from '../../../usecases/serving/artifact-cache.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A version whose file is so many bytes. */
function versionOf(version: number, bytes: number): { record: ModelVersion; content: Buffer } {
  const content = Buffer.alloc(bytes, version);
  const digest = digestOf(content);
  const artifact = { key: `models/${digest}.onnx`, digest, bytes };
  return { record: { model: 'm', version, artifact } as ModelVersion, content };
}

/** A cache of a store that has these versions, and how often each was read from it. */
function cacheOf(versions: readonly ReturnType<typeof versionOf>[], maxBytes: number, needed: ModelVersion[] = []) {
  const folder = path.join(temporaryFolder('artifact-cache'), 'cache');
  const reads: number[] = [];
  const cache = new ArtifactCache({
    folder,
    maxBytes,
    artifacts: {
      get: async (key) => {
        const found = versions.find(({ record }) => record.artifact.key === key)!;
        reads.push(found.record.version);
        return found.content;
      },
      download: () => Promise.reject(new Error('these are small enough to be read at once')),
    },
    needed: () => needed.map(({ artifact }) => artifact.digest),
    onHealed: () => undefined,
  });
  const kept = async () => {
    const names = await readdir(path.join(folder, 'models'));
    return versions.flatMap(({ record }) => (names.includes(`${record.artifact.digest}.onnx`) ? [record.version] : []));
  };
  /** As if it had been asked for last at that second. */
  const usedAt = (record: ModelVersion, second: number) =>
    utimes(path.join(folder, 'models', `${record.artifact.digest}.onnx`), second, second);
  return { folder, cache, reads, kept, usedAt };
}

describe('The cache of artifacts', () => {
  it('removes what was not asked for the longest, and nothing that a release needs', async () => {
    const versions = [1, 2, 3, 4].map((version) => versionOf(version, 100));
    const [one, two, three, four] = versions.map(({ record }) => record);
    const needed = [one!];
    const { cache, reads, kept, usedAt } = cacheOf(versions, 320, needed);
    for (const [i, record] of [one!, two!, three!].entries()) {
      await cache.file(record);
      await usedAt(record, i + 1);
    }
    // Asked for again, version 2 is the last that is dispensable.
    await cache.file(two!);
    await cache.file(four!);
    expect(await kept()).toEqual([1, 2, 4]);
    expect(reads).toEqual([1, 2, 3, 4]);
    needed.push(two!, four!);
    await expect(cache.file(three!)).rejects.toThrow(
      /a file of 0\.0001 MB does not fit .* may hold 0\.00032 MB, 0\.0003 MB of them in use.*endpoint\.temporaryMb/,
    );
    expect(await kept()).toEqual([1, 2, 4]);
  });

  it('takes no copy for damaged that another process has just put there', async () => {
    const versions = Array.from({ length: 60 }, (_, i) => versionOf(i, 100));
    const folder = path.join(temporaryFolder('artifact-cache'), 'shared');
    const healed: string[] = [];
    // As processes have, each its own of one folder.
    const artifacts = {
      get: async (key: string) => versions.find(({ record }) => record.artifact.key === key)!.content,
      download: () => Promise.reject(new Error('these are small enough to be read at once')),
    };
    const open = () => new ArtifactCache({ folder, artifacts, needed: () => [], onHealed: (_, at) => healed.push(at) });
    const caches = Array.from({ length: 4 }, open);
    // The later ones look while the first one writes, each at another moment of it.
    const after = async (turns: number) => {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    for (const [i, { record, content }] of versions.entries()) {
      const files = caches.map(async (cache, k) => {
        await after((k * i) / 2);
        return cache.file(record);
      });
      for (const file of await Promise.all(files)) expect(digestOf(await readFile(file))).toBe(digestOf(content));
    }
    expect(healed).toEqual([]);
  });

  it('counts loads that are under way, and reads a file once for all who want it', async () => {
    const versions = [1, 2, 3].map((version) => versionOf(version, 100));
    const { cache, reads, kept } = cacheOf(versions, 250);
    const [one, two, three] = versions.map(({ record }) => record);
    const asked = [one!, one!, two!, three!];
    const loads = await Promise.allSettled(asked.map((record) => cache.file(record)));
    // Of three at once two fit: the third, whichever the disk makes it, finds nobody who can go.
    const refused = new Set(asked.filter((_, i) => loads[i]!.status === 'rejected'));
    expect(refused.size).toBe(1);
    const [third] = refused;
    expect(reads.sort()).toEqual([1, 2, 3].filter((version) => version !== third!.version));
    await cache.file(third!);
    expect((await kept()).includes(third!.version)).toBe(true);
  });

  it('takes nothing for a copy that is not one: half-written files, files of others', async () => {
    const versions = [1, 2].map((version) => versionOf(version, 100));
    const { cache, folder, kept } = cacheOf(versions, 150);
    await mkdir(path.join(folder, 'models'), { recursive: true });
    await writeFile(path.join(folder, 'models', 'notes.txt'), 'x'.repeat(1_000));
    for (const { record } of versions) await cache.file(record);
    expect(await kept()).toEqual([2]);
    expect((await stat(path.join(folder, 'models', 'notes.txt'))).size).toBe(1_000);
    expect(await readdir(path.join(folder, '.unfinished'))).toEqual([]);
  });

  it('puts a copy in the place of a folder', async () => {
    const version = versionOf(1, 100);
    const { cache, folder } = cacheOf([version], 1_000);
    const place = path.join(folder, 'models', `${version.record.artifact.digest}.onnx`);
    await mkdir(path.join(place, 'inside'), { recursive: true });
    expect((await stat(await cache.file(version.record))).isFile()).toBe(true);
  });
});

describe('An endpoint whose folder of model files is small', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  const servedBy = async (endpoint: Endpoint) => {
    const answer = await read(
      await endpoint.handle(request('POST', '/v1/models/pipeline:predict', { instances: [ROW] })),
    );
    return answer.headers['x-trimtab-model-version'];
  };
  const copies = () => readdir(path.join(fixture.folder, 'cache', 'models'));
  const size = async () => (await fixture.real.ledger.version('pipeline', 1))!.artifact.bytes;

  it('serves one version after another, and goes back to one whose file has gone', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ cacheBytes: Math.floor(2.5 * (await size())) });
    for (const version of [2, 3, 4]) {
      await fixture.release(PIPELINE, 'pipeline', String(version));
      await endpoint.refresh();
      expect(await servedBy(endpoint)).toBe(String(version));
      expect((await copies()).length).toBeLessThanOrEqual(2);
    }
    await endpoint.close();
    const again = await fixture.endpoint({ cacheBytes: Math.floor(2.5 * (await size())) });
    await fixture.apply('pipeline', { type: 'release', version: 1, reason: 'test' });
    await again.refresh();
    expect(await servedBy(again)).toBe('1');
  });

  it('goes on with the champion where what follows does not fit beside it, and says so', async () => {
    await fixture.release(PIPELINE, 'pipeline');
    const endpoint = await fixture.endpoint({ cacheBytes: Math.floor(1.5 * (await size())) });
    await fixture.release(PIPELINE, 'pipeline', '2');
    await endpoint.refresh();
    expect(await servedBy(endpoint)).toBe('1');
    expect(fixture.lines.join('\n')).toMatch(/does not fit into the folder of model files, which may hold [\d.]+ MB/);
  });

  it.each(['models', 'releases', 'rehearsals'])('heals when there are folders in place of its %s', async (kind) => {
    await fixture.release(PIPELINE, 'pipeline');
    await (await fixture.endpoint()).close();
    const folder = path.join(fixture.folder, 'cache', kind);
    for (const name of await readdir(folder).catch(() => [])) {
      await rm(path.join(folder, name));
      await mkdir(path.join(folder, name, 'inside'), { recursive: true });
    }
    const endpoint = await fixture.endpoint();
    expect(await servedBy(endpoint)).toBe('1');
    await endpoint.close();
    const files = await readdir(folder, { withFileTypes: true }).catch(() => []);
    expect(files.every((file) => file.isFile())).toBe(true);
  });
});
