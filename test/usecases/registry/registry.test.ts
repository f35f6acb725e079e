import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredRecord } from '../../../core/registry/chain.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import type { Home } from '../../../platform/ports.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'flight-delay';

describe('Registry.verify', () => {
  let folder: string;
  let home: Home;
  let registry: Registry;
  beforeEach(async () => {
    folder = temporaryFolder('registry');
    home = await openLocalHome(folder);
    registry = new Registry(home, 'test');
    await register('v1');
    await registry.apply(MODEL, { type: 'approve', version: 1, reason: 'r' });
    await registry.apply(MODEL, { type: 'release', version: 1, reason: 'r' });
  });

  const register = async (version: string) => {
    const from = `models/${MODEL}/${version}`;
    await registry.register(from, await readSignature(`${from}/model.onnx`));
  };
  /** A change of which a release is kept. */
  const hold = () => registry.apply(MODEL, { type: 'hold', because: 'unclear', reason: 'r' });

  /** The registry, which from now on reads records so, after its entries. */
  const reading = (records: (all: AsyncIterable<StoredRecord>) => AsyncIterable<StoredRecord>) => {
    const all = home.ledger.records.bind(home.ledger);
    home.ledger.records = (model) => records(all(model));
    return registry;
  };
  /** Does something while records are read for the first time. */
  const meanwhile = (act: () => Promise<unknown>) => {
    let done = false;
    return async function* (all: AsyncIterable<StoredRecord>) {
      if (!done) await act();
      done = true;
      yield* all;
    };
  };

  it('finds no fault in a ledger that somebody writes to meanwhile', async () => {
    for (const act of [() => register('v2'), hold]) {
      const { faults, entries } = await reading(meanwhile(act)).verify(MODEL);
      expect(faults).toEqual([]);
      expect(entries).toBe((await home.ledger.latest(MODEL))!.number);
    }
  });

  it('finds what is wrong in a ledger that somebody writes to meanwhile', async () => {
    const act = meanwhile(hold);
    const { faults } = await reading(async function* (all) {
      for await (const { version, stored } of act(all))
        yield { version, stored: { ...(stored as object), registeredBy: 'mallory' } };
    }).verify(MODEL);
    expect(faults[0]).toEqual({ entry: 1, fault: 'the record of version 1 is not what it registered' });
    expect(faults.map(({ fault }) => fault)).not.toContain('it is missing, and the release of it is kept');
  });

  it('says so when a ledger never rests, and accuses nobody', async () => {
    const restless = reading(async function* (all) {
      await hold();
      yield* all;
    });
    await expect(restless.verify(MODEL)).rejects.toThrow(
      `the ledger of ${MODEL} was written to during each of 5 looks`,
    );
  });

  it('names a record that is none any more', async () => {
    const { faults } = await reading(async function* (all) {
      for await (const { version } of all) yield { version, stored: { version: 'one' } };
    }).verify(MODEL);
    expect(faults.map(({ entry }) => entry)).toContain(1);
    expect(faults.map(({ fault }) => fault).join()).toContain('the record of version 1 is none: ');
  });
});

describe('Registry.register', () => {
  const MANIFEST = readFileSync(`models/${MODEL}/v1/model.json`, 'utf8');
  let folder: string;
  let registry: Registry;
  beforeEach(async () => {
    folder = temporaryFolder('registration');
    registry = new Registry(await openLocalHome(path.join(folder, 'home')), 'test');
    cpSync(`models/${MODEL}/v1`, path.join(folder, 'model'), { recursive: true });
    expect(await register()).toMatchObject({ existed: false, version: { version: 1 } });
  });
  const inFolder = (name: string) => path.join(folder, 'model', name);
  const register = async () => registry.register(inFolder('.'), await readSignature(inFolder('model.onnx')));
  type Json = Record<string, unknown>;
  const change = (name: string, by: (value: Record<string, Json>) => Json) =>
    writeFileSync(inFolder(name), JSON.stringify(by(JSON.parse(readFileSync(inFolder(name), 'utf8')))));

  it('gives the version that is there for the same graph, manifest and baseline, however they are written', async () => {
    change('model.json', ({ name, ...rest }) => ({ $schema: '../model.schema.json', ...rest, name }));
    // Made again of the same data.
    change('baseline.json', (baseline) => ({ ...baseline, createdAt: '2020-01-01T00:00:00.000Z' }) as Json);
    const again = await register();
    expect(again).toMatchObject({ existed: true, version: { version: 1 } });
    expect(again).not.toHaveProperty('differences');
  });

  it.each<[string, string, (value: Record<string, Json>) => Json]>([
    ['decision.threshold', 'model.json', (m) => ({ ...m, decision: { ...m.decision, threshold: 0.123 } })],
    ['contract.features', 'model.json', (m) => ({ ...m, contract: { ...m.contract, features: relaxed(m) } })],
    [
      'monitoring.segments',
      'model.json',
      (m) => ({ ...m, monitoring: { ...m.monitoring, segments: [{ feature: 'carrier' }] } }),
    ],
    ['baseline.json', 'baseline.json', (b) => ({ ...b, source: 'f'.repeat(64) })],
  ])('makes a new version of the same graph when %s differs', async (part, name, by) => {
    change(name, by);
    const second = await register();
    expect(second).toMatchObject({
      existed: false,
      version: { version: 2 },
      differences: { version: 1 },
    });
    expect(second.differences!.changes.map(({ path: at }) => at).every((at) => at.startsWith(part))).toBe(true);
    expect(second.version.artifact).toEqual((await registry.version(MODEL, 1)).artifact);
    expect(await register()).toMatchObject({ existed: true, version: { version: 2 } });
    writeFileSync(inFolder('model.json'), MANIFEST);
    if (name === 'model.json') expect(await register()).toMatchObject({ existed: true, version: { version: 1 } });
  });

  it('says of metrics and card that differ that they stay what they were', async () => {
    change('metrics.json', (metrics) => ({ ...metrics, auc: 1 }));
    writeFileSync(inFolder('MODEL_CARD.md'), '# Another');
    expect(await register()).toMatchObject({
      existed: true,
      version: { version: 1 },
      differences: {
        version: 1,
        changes: [
          { path: 'metrics.json.auc', after: 1 },
          { path: 'MODEL_CARD.md', before: expect.stringMatching(/^[0-9a-f]{64}$/) },
        ],
      },
    });
  });
});

const relaxed = ({ contract }: Record<string, Record<string, unknown>>): unknown[] =>
  (contract!.features as object[]).map((feature) => ({ ...feature, missing: 'allow' }));
