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
  const hold = () => registry.apply(MODEL, { type: 'hold-alarm', reason: 'r' });

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
