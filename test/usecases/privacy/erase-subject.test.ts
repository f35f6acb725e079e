import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { ForgetError, forget } from '../../../usecases/privacy/erase-subject.ts';
import type { ForgetView } from '../../../usecases/privacy/forget-view.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { ANNA, BERT, forgetContract, Lives } from './erasure-contract.ts';

const folder = temporaryFolder('forget');
let opened = 0;
const open = () => openLocalHome(path.join(folder, String(opened++)));

forgetContract('local', open);

/** A store in which every change counts, and that fails at the n-th. */
function failing(store: ObjectStore, counter: { left: number }): ObjectStore {
  const count = (): void => {
    if (counter.left-- === 0) throw new Error('killed');
  };
  return {
    get: (key) => store.get(key),
    download: (key, to, version) => store.download(key, to, version),
    head: (key) => store.head(key),
    list: (prefix, options) => store.list(prefix, options),
    writes: (prefix) => store.writes(prefix),
    put: async (key, body, options) => {
      count();
      return store.put(key, body, options);
    },
    upload: async (key, from, options) => {
      count();
      return store.upload(key, from, options);
    },
    delete: async (key, options) => {
      count();
      return store.delete(key, options);
    },
    erase: async (key, options) => {
      count();
      return store.erase(key, options);
    },
  };
}

describe('forgetting that is interrupted', () => {
  it('goes on where it was, whatever change it was killed at, and forgets all', async () => {
    const home = await open();
    const lives = new Lives(home, 'feature', 'killed');
    await lives.live();
    const bert = await lives.rowsOf(BERT);
    let done: ForgetView | undefined;
    let killed = 0;
    for (; done === undefined; killed++) {
      // Some runs get one change done and some a few, so that every kind of change is the last one somewhere.
      const counter = { left: 1 + 2 * (killed % 3) };
      const frail: Home = { ...home, data: failing(home.data, counter), captures: failing(home.captures, counter) };
      done = await forget(frail, { subject: ANNA, request: 'r', actor: 'test' }).catch((error: Error) => {
        expect(error.message).toBe('killed');
        return undefined;
      });
    }
    expect(killed).toBeGreaterThan(8);
    expect(await lives.whereIs(ANNA)).toEqual([]);
    delete bert[`incoming/${lives.model}/annas.csv`];
    expect(await lives.rowsOf(BERT)).toEqual(bert);
    const page = JSON.parse(
      new TextDecoder().decode(await home.data.get(`datasets/${lives.model}/000001/manifest.json`)),
    );
    expect(page).toMatchObject({ rows: 20, erasures: [{ rows: 10 }] });
    expect(await home.ledger.latest(lives.model)).toMatchObject({ kind: 'subject-forgotten' });
    lives.close();
    await home.close();
  }, 120_000);
});

describe('forgetting', () => {
  it('says when no contract names a subject, and when there is no such model', async () => {
    const home = await open();
    await expect(forget(home, { subject: ANNA, actor: 'test' })).rejects.toThrow(ForgetError);
    await expect(forget(home, { subject: ANNA, model: 'nobody', actor: 'test' })).rejects.toThrow(
      'no model or dataset named nobody',
    );
    await home.close();
  });
});
