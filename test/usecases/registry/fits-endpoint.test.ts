import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { endpointObjections, releaseObjections } from '../../../usecases/registry/fits-endpoint.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'flight-delay';

describe('What an endpoint has room for when a version is released', () => {
  it('is beside all that is served by then: champion, challenger and shadow', async () => {
    const home = await openLocalHome(temporaryFolder('fits-endpoint'), undefined, 'dev');
    const registry = new Registry(home, 'user:ada');
    for (const name of ['v1', 'v2', 'v3']) {
      const folder = `models/${MODEL}/${name}`;
      await registry.register(folder, await readSignature(`${folder}/model.onnx`));
    }
    const fourth = temporaryFolder('fits-endpoint-fourth');
    cpSync(`models/${MODEL}/v1`, fourth, { recursive: true });
    const card = path.join(fourth, 'model.json');
    const manifest = JSON.parse(readFileSync(card, 'utf8')) as { decision: object };
    writeFileSync(card, JSON.stringify({ ...manifest, decision: { ...manifest.decision, threshold: 0.4 } }));
    await registry.register(fourth, await readSignature(`${fourth}/model.onnx`));
    const reason = 'test';
    for (const version of [1, 2, 3, 4]) await registry.apply(MODEL, { type: 'approve', version, reason });
    await registry.apply(MODEL, { type: 'release', version: 1, reason });
    await registry.apply(MODEL, { type: 'start-canary', version: 2, steps: [0.1, 1], reason });
    await registry.apply(MODEL, { type: 'start-shadow', version: 3, reason });

    const sizes = await Promise.all(
      [1, 2, 3, 4].map(async (each) => (await registry.version(MODEL, each)).artifact.bytes),
    );
    const [first, second, third, last] = sizes as [number, number, number, number];
    const limits = { memoryMb: 150, cacheMb: 512 };
    const [problem] = await releaseObjections(home, { model: MODEL, version: 4 }, limits);
    const needed = Math.ceil(150 + (2 * last + first + second + third) / 1024 ** 2);
    expect(problem).toBe(
      `the deployed endpoint cannot serve this version: to open it takes about ${needed} MB of memory beside the champion, ` +
        'version 1, and the challenger, version 2, and the shadow, version 3, and the endpoint has 150 MB: deploy with ' +
        `endpoint.memoryMb of at least ${needed}, or make the model smaller, or first take back what may go: challenger 2, shadow 3`,
    );
    expect(await releaseObjections(home, { model: MODEL, version: 4 }, { ...limits, memoryMb: needed })).toEqual([]);
    // What is served already has its room.
    expect(await releaseObjections(home, { model: MODEL, version: 3 }, limits)).toEqual([]);
    // Who is only registered follows the champion some day.
    expect((await endpointObjections(home, { model: MODEL, bytes: last }, limits))[0]).not.toContain('challenger');
    await home.close();
  });
});
