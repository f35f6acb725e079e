import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home } from '../../../platform/ports.ts';
import { type CopyOptions, copyVersion, readVersionToCopy } from '../../../usecases/registry/copy-version.ts';
import { CopyView } from '../../../usecases/registry/copy-view.ts';
import { endpointObjections } from '../../../usecases/registry/fits-endpoint.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'flight-delay';
const FOLDER = `models/${MODEL}/v1`;
const KINDS = ['models', 'baselines', 'cards'];

interface Place {
  readonly folder: string;
  readonly home: Home;
  readonly registry: Registry;
}

async function place(environment: string): Promise<Place> {
  const folder = temporaryFolder(`copy-${environment}`);
  const home = await openLocalHome(folder, undefined, environment);
  return { folder, home, registry: new Registry(home, `user:${environment}`) };
}

const copy = async ({ home }: Place, to: Place, options?: CopyOptions, version = 1): Promise<CopyView> =>
  CopyView.parse(await copyVersion(home, await readVersionToCopy(home, MODEL, version), to, options));

const isEmpty = async ({ home }: Place): Promise<boolean> => (await home.ledger.latest(MODEL)) === undefined;

async function contents({ home }: Place): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const kind of KINDS)
    for await (const { key } of home.artifacts.list(`${kind}/`))
      found.set(key, Buffer.from(await home.artifacts.get(key)).toString('base64'));
  return found;
}

describe('A version that is copied', () => {
  let [dev, staging, prod]: [Place, Place, Place] = [] as never;
  beforeEach(async () => {
    [dev, staging, prod] = await Promise.all([place('dev'), place('staging'), place('prod')]);
    await dev.registry.register(FOLDER, await readSignature(`${FOLDER}/model.onnx`));
  });

  it('is the same in every home, unapproved, and says where it came through', async () => {
    await dev.registry.apply(MODEL, { type: 'approve', version: 1, reason: 'looked at' });
    await copy(dev, staging);
    const view = await copy(staging, prod, { reason: 'release 7' });
    expect(view).toMatchObject({ existed: false, from: { environment: 'staging' }, to: { environment: 'prod' } });
    expect(view.artifacts.map(({ part, existed }) => [part, existed])).toEqual([
      ['model', false],
      ['baseline', false],
      ['card', false],
    ]);
    const before = await contents(dev);
    expect(before.size).toBe(KINDS.length);
    expect(await contents(prod)).toEqual(before);
    const [there, here] = await Promise.all([dev, prod].map(({ home }) => home.ledger.version(MODEL, 1)));
    const { registeredAt: _, registeredBy: __, ...content } = there!;
    expect(here).toMatchObject({ ...content, registeredBy: 'user:prod' });
    const entry = (await prod.home.ledger.latest(MODEL))!;
    expect(entry.reason).toMatch(/^release 7 \(copied from .*, where it is version 1, sha256 c6733276f7bf…\)$/);
    const { copied } = entry.evidence as unknown as { copied: CopyView['through'] };
    expect(copied.map(({ environment }) => environment)).toEqual(['dev', 'staging']);
    expect(copied[0]!.decisions).toMatchObject([{ kind: 'approved', by: 'user:dev', reason: 'looked at' }]);
    expect((await prod.registry.verify(MODEL)).faults).toEqual([]);
    await expect(prod.registry.apply(MODEL, { type: 'release', version: 1, reason: 'r' })).rejects.toThrow('approved');
  });

  it('is copied once, and gets the next number of the home that it comes to', async () => {
    const signature = await readSignature('models/flight-delay/v2/model.onnx');
    await dev.registry.register('models/flight-delay/v2', signature);
    expect((await copy(dev, prod, {}, 2)).to.version).toBe(1);
    expect((await copy(dev, prod)).to.version).toBe(2);
    // A quarantine there is no news here.
    await dev.registry.apply(MODEL, { type: 'quarantine', version: 1, reason: 'r' });
    const again = await copy(dev, prod);
    expect(again).toMatchObject({ existed: true, to: { version: 2 } });
    expect(again.artifacts.map(({ existed }) => existed)).toEqual([true, true, true]);
    expect((await prod.home.ledger.latest(MODEL))!.number).toBe(2);
  });

  it('counts for nothing when it is cut off, and can be copied again', async () => {
    const upload = prod.home.artifacts.upload.bind(prod.home.artifacts);
    prod.home.artifacts.upload = async (key, file, options) => {
      if (key.startsWith('baselines/')) throw new Error('cut off');
      return upload(key, file, options);
    };
    await expect(copy(dev, prod)).rejects.toThrow('cut off');
    expect(await isEmpty(prod)).toBe(true);
    prod.home.artifacts.upload = upload;
    expect((await copy(dev, prod)).artifacts.map(({ existed }) => existed)).toEqual([true, false, false]);
  });

  it('is refused where the ledger is not as it was written', async () => {
    const file = path.join(dev.folder, 'ledger', MODEL, '000000001.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('user:dev', 'user:eve'));
    await expect(copy(dev, prod)).rejects.toThrow(
      new RegExp(`^the ledger of ${MODEL} in .* is not as it was written .*nothing was copied$`),
    );
    expect(await isEmpty(prod)).toBe(true);
  });

  it.each(['source', 'target'] as const)('is refused when what the %s has is damaged', async (side) => {
    const key = (await dev.home.ledger.version(MODEL, 1))!.baseline!.key;
    if (side === 'target') await copy(dev, prod);
    const at = side === 'source' ? dev : prod;
    writeFileSync(path.join(at.folder, 'artifacts', key), '{}');
    await expect(copy(dev, prod)).rejects.toThrow(`${key} of ${at.home.description} has digest`);
    expect(await isEmpty(prod)).toBe(side === 'source');
  });

  it('is refused when it was barred there, or its graph has another name here, unless it is forced', async () => {
    const manifest = JSON.parse(readFileSync(`${FOLDER}/model.json`, 'utf8')) as object;
    const other = temporaryFolder('copy-other');
    for (const name of ['model.onnx', 'baseline.json'])
      writeFileSync(path.join(other, name), readFileSync(`${FOLDER}/${name}`));
    writeFileSync(path.join(other, 'model.json'), JSON.stringify({ ...manifest, name: 'other' }));
    await prod.registry.register(other, await readSignature(`${FOLDER}/model.onnx`));
    await dev.registry.apply(MODEL, { type: 'quarantine', version: 1, reason: 'too slow' });
    const why = `version 1 of ${MODEL} is quarantined where it comes from: too slow; the same graph is version 1 of other in the home that it would be copied to`;
    await expect(copy(dev, prod)).rejects.toThrow(`${why}; nothing was copied`);
    expect(await isEmpty(prod)).toBe(true);
    const { forced } = await copy(dev, prod, { force: true, reason: 'to look into it' });
    expect(forced.join('; ')).toBe(why);
    expect((await prod.home.ledger.latest(MODEL))!.reason).toContain(`; forced, although ${why}`);
  });

  it('is refused when the endpoint that is deployed there has no room for it', async () => {
    const fits = (memoryMb: number) => async () =>
      endpointObjections(prod.home, { model: MODEL, bytes: 300_000 }, { memoryMb, cacheMb: 512 });
    await expect(copy(dev, prod, { fits: fits(1) })).rejects.toThrow(
      /^the deployed endpoint cannot serve this version: to open/,
    );
    expect(await isEmpty(prod)).toBe(true);
    expect((await copy(dev, prod, { fits: fits(1024) })).existed).toBe(false);
  });

  it('is one that there is', async () => {
    await expect(copy(dev, prod, {}, 7)).rejects.toThrow(`model ${MODEL} has no version 7`);
    await expect(copy(prod, dev)).rejects.toThrow(`no model named ${MODEL}`);
  });
});
