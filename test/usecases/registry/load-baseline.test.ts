import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { baselineOf } from '../../../usecases/registry/load-baseline.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'models/flight-delay/v1';
let folder: string;
let home: LocalHome;
beforeEach(async () => {
  folder = temporaryFolder('baseline');
  home = await openLocalHome(folder);
});

it('takes no baseline that is not the one that was registered, and the right one as soon as it comes whole', async () => {
  // A baseline of its own: those that other tests of the process have loaded are known.
  const own = path.join(folder, 'model');
  cpSync(MODEL, own, { recursive: true });
  const file = path.join(own, 'baseline.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"createdAt":"\d{4}/, '"createdAt":"1999'));
  const { version } = await new Registry(home, 'test').register(own, await readSignature(`${MODEL}/model.onnx`));
  const whole = home.artifacts.get.bind(home.artifacts);
  // Still JSON, still a baseline: only the digest tells.
  const damaged = async (key: string) =>
    Buffer.from(new TextDecoder().decode(await whole(key)).replace(/"errorRate":[\d.]+/, '"errorRate":0.9'));
  home.artifacts.get = damaged;
  await expect(baselineOf(home, version)).rejects.toThrow(/baselines\/.* has digest .*, expected/);
  let reads = 0;
  home.artifacts.get = (key) => (++reads === 1 ? damaged(key) : whole(key));
  expect((await baselineOf(home, version))?.performance?.errorRate).toBeLessThan(0.5);
});
