import { beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../core/registry/commands.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import type { Home } from '../../platform/ports.ts';
import { modelsWithSnapshots, newestRevision, newestSnapshot, storeSnapshot } from '../../platform/snapshots.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { firstEntries, versionRecord } from './contract/home.ts';

describe('snapshots of releases', () => {
  let folder: string;
  let home: Home;
  beforeEach(async () => {
    folder = temporaryFolder('snapshots');
    home = await openLocalHome(folder);
  });

  async function released(model: string, on = home): Promise<(command: Command) => Promise<unknown>> {
    const [one, two] = firstEntries(model);
    await home.ledger.append(one, versionRecord(model, 1));
    await home.ledger.append(two);
    const apply = (command: Command) => new Registry(on, 'test').apply(model, command);
    await apply({ type: 'release', version: 1, reason: 'r' });
    return apply;
  }

  it('are written with every entry that leaves somebody with traffic, and found newest first', async () => {
    const [one] = firstEntries('m');
    expect(await storeSnapshot(home, one)).toBe(false);
    const apply = await released('m');
    for (let i = 0; i < 8; i++) await apply({ type: 'hold', because: 'unclear', reason: 'r' });
    expect(await newestRevision(home.artifacts, 'm')).toBe(11);
    const newest = await newestSnapshot(home.artifacts, 'm', 10);
    expect(newest).toEqual({ state: (await home.ledger.latest('m'))!.state, versions: [versionRecord('m', 1)] });
    expect(await newestSnapshot(home.artifacts, 'm', 11)).toBeUndefined();
    expect(await newestSnapshot(home.artifacts, 'n')).toBeUndefined();
  });

  it('name their models, those whose names begin alike included', async () => {
    const names = ['a', 'a-b', 'a0', 'ab', 'b'];
    for (const name of names) await released(name);
    expect((await modelsWithSnapshots(home.artifacts)).sort()).toEqual(names);
  });

  it('are written once, whoever comes', async () => {
    await released('m');
    const latest = (await home.ledger.latest('m'))!;
    expect(await storeSnapshot(home, latest)).toBe(false);
  });

  it('are no condition of a change: a store that fails, or never answers, does not keep it from being made', async () => {
    for (const put of [() => Promise.reject(new Error('SlowDown')), () => new Promise<boolean>(() => undefined)]) {
      const model = `m${put.toString().length}`;
      const artifacts = Object.assign(Object.create(home.artifacts), { put });
      await released(model, { ...home, artifacts });
      expect((await home.ledger.latest(model))?.kind).toBe('released');
      expect(await newestRevision(home.artifacts, model)).toBe(0);
    }
  });
});
