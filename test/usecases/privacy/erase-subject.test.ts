import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CaptureInput, captureWriter } from '../../../core/captures/capture-line.ts';
import { readCaptureObject } from '../../../platform/captures.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { ForgetError, forget } from '../../../usecases/privacy/erase-subject.ts';
import type { ForgetView } from '../../../usecases/privacy/forget-view.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { versionRecord } from '../../platform/contract/record.ts';
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
      const counter = { left: 1 + 2 * (killed % 5) };
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
      new TextDecoder().decode(await home.data.get(`datasets/${lives.model}/dataset_version=000001/_manifest.json`)),
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

  it('takes out what was routed by the subject or sent by it, failed requests too, where no contract names one', async () => {
    const home = await open();
    const { model, signature, manifest } = versionRecord('silent', 1);
    const source = path.join(folder, 'silent');
    await mkdir(source);
    await writeFile(path.join(source, 'model.onnx'), 'x');
    await writeFile(path.join(source, 'model.json'), JSON.stringify(manifest));
    await new Registry(home, 'test').register(source, signature);
    const keys = await home.privacy();
    const row = {
      values: [Float64Array.of(1)],
      rows: 1,
      ms: 1,
      findings: [],
      version: 1,
      variant: 'champion',
    } as const;
    const writer = captureWriter(model, { features: manifest.contract.features }, { keys: () => keys });
    const line = (id: string, more: Partial<CaptureInput>): string[] =>
      writer.lines({ ...row, id, at: '2026-01-01T00:00:00.000Z', outputs: {}, ...more });
    const key = 'captures/dt=2026-01-01/hour=00/some.jsonl';
    const lines = [
      line('routed', { unit: ANNA }),
      line('sent', { principal: ANNA, unit: BERT }),
      line('failed', { unit: ANNA, failed: 'caller', values: [] }),
      line('other', { unit: BERT, principal: BERT }),
      line('alone', {}),
    ].flat();
    await home.captures.put(key, lines.join('\n'));
    const done = await forget(home, { subject: ANNA, request: 'r', actor: 'test' });
    expect(done.erased).toEqual({ silent: { captures: { objects: 1, rows: 3 } } });
    expect(done.beyond[0]).toContain('silent: its contract names no subject, so it was looked through for captures');
    expect((await readCaptureObject(home, key)).map(({ id }) => id)).toEqual(['other', 'alone']);
    expect(await forget(home, { subject: ANNA, request: 'r', actor: 'test' })).toMatchObject({ erased: done.erased });
    // Nothing is left that she could be told by.
    await expect(forget(home, { subject: ANNA, actor: 'test' })).rejects.toThrow(ForgetError);
    await home.close();
  });
});
