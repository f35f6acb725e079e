import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricLine } from '../../../core/observability/emf.ts';
import { decide } from '../../../core/registry/decide.ts';
import { ReleaseConflictError } from '../../../core/registry/errors.ts';
import { EMPTY_STATE, type Entry } from '../../../core/registry/ledger.ts';
import { ObjectNotFoundError } from '../../../platform/errors.ts';
import type { Home, ObjectStore } from '../../../platform/ports.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { versionRecord } from './record.ts';

export { versionRecord };

const text = (body: Uint8Array): string => new TextDecoder().decode(body);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const context = { model: 'm', at: '2026-01-01T00:00:00.000Z', actor: 'test' };

/** Entries 1 (registered) and 2 (approved) of a model. */
export function firstEntries(model: string): [Entry, Entry] {
  const one = decide(EMPTY_STATE, { type: 'register', version: 1, reason: 'r' }, { ...context, model });
  const two = decide(one.state, { type: 'approve', version: 1, reason: 'r' }, { ...context, model });
  return [one, two];
}

/**
 * What every home must keep to. `open` gives a home that may hold other things already, so every test uses names of
 * its own.
 */
export function homeContract(name: string, open: () => Promise<Home>): void {
  describe(`${name} home`, () => {
    let home: Home;
    let scratch: string;
    const unique = `t${Date.now().toString(36)}`;
    beforeAll(async () => {
      home = await open();
      scratch = temporaryFolder('contract');
    });
    afterAll(async () => {
      await home.close();
    });

    describe.each(['artifacts', 'data', 'captures'] as const)('%s store', (which) => {
      let store: ObjectStore;
      beforeAll(() => {
        store = home[which];
      });

      it('gives back the bytes it was given, empty ones and odd keys included', async () => {
        const every = Uint8Array.from({ length: 256 }, (_, i) => i);
        for (const key of ['plain.bin', 'a b+c&d=e.csv', 'ünïcode/日本.txt', 'deep/er/and/deeper.x', "it's (1).csv"]) {
          await store.put(`${unique}/${key}`, every);
          expect([...(await store.get(`${unique}/${key}`))]).toEqual([...every]);
        }
        await store.put(`${unique}/empty`, '');
        expect(await store.get(`${unique}/empty`)).toHaveLength(0);
        expect((await store.head(`${unique}/empty`))?.bytes).toBe(0);
      });

      it('joins what it is given in pieces, however many there are', async () => {
        // More than the system takes in one call.
        const pieces = Array.from({ length: 3_000 }, (_, i) => Buffer.from(`${i} ${'x'.repeat(i % 7)}\n`));
        await store.put(`${unique}/pieces`, pieces);
        expect(Buffer.from(await store.get(`${unique}/pieces`)).equals(Buffer.concat(pieces))).toBe(true);
        await store.put(`${unique}/no-pieces`, []);
        expect((await store.head(`${unique}/no-pieces`))?.bytes).toBe(0);
      });

      it('says that there is no object', async () => {
        await expect(store.get(`${unique}/nothing`)).rejects.toBeInstanceOf(ObjectNotFoundError);
        await expect(store.download(`${unique}/nothing`, path.join(scratch, 'n'))).rejects.toBeInstanceOf(
          ObjectNotFoundError,
        );
        expect(await store.head(`${unique}/nothing`)).toBeUndefined();
        await store.delete(`${unique}/nothing`);
      });

      it('keeps what is there when asked to write only if absent, whoever comes at once', async () => {
        const key = `${unique}/once`;
        const won = await Promise.all(
          Array.from({ length: 8 }, (_, i) => store.put(key, `writer ${i}`, { ifAbsent: true })),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(text(await store.get(key))).toBe(`writer ${won.indexOf(true)}`);
        expect(await store.put(key, 'late', { ifAbsent: true })).toBe(false);
        const file = path.join(scratch, 'late');
        await writeFile(file, 'late file');
        expect(await store.upload(key, file, { ifAbsent: true })).toBe(false);
        expect(text(await store.get(key))).toBe(`writer ${won.indexOf(true)}`);
      });

      it('keeps what has replaced the content that was to be replaced', async () => {
        const key = `${unique}/matched`;
        const file = path.join(scratch, 'matched');
        await writeFile(file, 'from a file');
        expect(await store.put(key, 'nothing is there', { ifMatch: '"none"' })).toBe(false);
        expect(await store.head(key)).toBeUndefined();
        await store.put(key, 'one');
        const { etag } = (await store.head(key))!;
        expect(await store.put(key, 'two!', { ifMatch: etag })).toBe(true);
        expect(await store.put(key, 'late', { ifMatch: etag })).toBe(false);
        expect(await store.upload(key, file, { ifMatch: etag })).toBe(false);
        expect(text(await store.get(key))).toBe('two!');
        expect(await store.upload(key, file, { ifMatch: (await store.head(key))!.etag })).toBe(true);
        expect(text(await store.get(key))).toBe('from a file');
      });

      it('replaces an object, and its etag with it', async () => {
        const key = `${unique}/replaced`;
        await store.put(key, 'one');
        const before = await store.head(key);
        await store.put(key, 'two!');
        const after = await store.head(key);
        expect(text(await store.get(key))).toBe('two!');
        expect(after?.etag).not.toBe(before?.etag);
        expect(after?.bytes).toBe(4);
      });

      it('carries files to and from it, by the version asked for', async () => {
        const key = `${unique}/file.bin`;
        const from = path.join(scratch, 'from');
        const to = path.join(scratch, 'to');
        await writeFile(from, Buffer.alloc(300_000, 7));
        expect(await store.upload(key, from)).toBe(true);
        const info = await store.head(key);
        const copied = await store.download(key, to, info?.versionId);
        expect(copied.bytes).toBe(300_000);
        expect((await readFile(to)).equals(await readFile(from))).toBe(true);
      });

      it('lists what is under a prefix in the order of the keys, and nothing else', async () => {
        const keys = ['list/b', 'list/a/2', 'list/a/10', 'listing', 'other/list/a'];
        for (const key of keys) await store.put(`${unique}-l/${key}`, key);
        const under = async (prefix: string) =>
          (await collect(store.list(`${unique}-l/${prefix}`))).map((o) => o.key.slice(unique.length + 3));
        expect(await under('list/')).toEqual(['list/a/10', 'list/a/2', 'list/b']);
        expect(await under('list')).toEqual(['list/a/10', 'list/a/2', 'list/b', 'listing']);
        expect(await under('list/a/1')).toEqual(['list/a/10']);
        expect(await under('none/')).toEqual([]);
        const after = `${unique}-l/list/a/10`;
        const behind = await collect(store.list(`${unique}-l/list`, { after }));
        expect(behind.map((o) => o.key.slice(unique.length + 3))).toEqual(['list/a/2', 'list/b', 'listing']);
      });

      it('erases every write of a key, or all but one, and leaves its neighbours', async () => {
        const [key, near] = [`${unique}/erased`, `${unique}/erased-not`];
        for (const body of ['one', 'two', 'three']) await store.put(key, body);
        await store.put(near, 'near');
        const held = async () =>
          (await collect(store.writes(key))).map((write) => [write.key.slice(unique.length + 1), write.latest]);
        expect((await held()).filter(([, latest]) => latest)).toEqual([
          ['erased', true],
          ['erased-not', true],
        ]);
        await store.erase(key, { keep: (await store.head(key))!.versionId });
        expect(text(await store.get(key))).toBe('three');
        expect(await held()).toEqual([
          ['erased', true],
          ['erased-not', true],
        ]);
        await store.delete(key);
        await store.erase(key);
        expect(await store.head(key)).toBeUndefined();
        expect(await held()).toEqual([['erased-not', true]]);
        await store.erase(key);
      });

      it('erases only the writes it is told, and brings none back that was deleted', async () => {
        const key = `${unique}/only`;
        await store.put(key, 'one');
        const one = (await store.head(key))!.versionId;
        await store.put(key, 'two!');
        const two = (await store.head(key))!.versionId;
        await store.erase(key, { only: [one] });
        expect(text(await store.get(key))).toBe('two!');
        await store.put(key, 'three');
        await store.delete(key);
        await store.erase(key, { only: [two] });
        expect(await store.head(key)).toBeUndefined();
        expect((await collect(store.writes(key))).map(({ versionId }) => versionId)).not.toContain(two);
        await store.erase(key);
      });

      it('shows what was deleted or replaced as long as it is held, and can read it', async () => {
        const key = `${unique}/held`;
        await store.put(key, 'old');
        await store.put(key, 'new');
        await store.delete(key);
        for (const write of await collect(store.writes(key))) {
          expect(write.latest).toBe(false);
          await store.download(key, path.join(scratch, 'held'), write.versionId);
          expect(['old', 'new']).toContain(await readFile(path.join(scratch, 'held'), 'utf8'));
        }
        await store.erase(key);
        expect(await collect(store.writes(key))).toEqual([]);
      });

      it('deletes', async () => {
        await store.put(`${unique}/gone`, 'x');
        await store.delete(`${unique}/gone`);
        expect(await store.head(`${unique}/gone`)).toBeUndefined();
      });

      it('deletes the content that was meant, and not what has replaced it', async () => {
        const key = `${unique}/meant`;
        await store.put(key, 'one');
        const { etag } = (await store.head(key))!;
        await store.put(key, 'two!');
        await store.delete(key, { etag });
        expect(text(await store.get(key))).toBe('two!');
        await store.delete(key, { etag: (await store.head(key))!.etag });
        expect(await store.head(key)).toBeUndefined();
        await store.delete(key, { etag });
      });
    });

    describe('ledger', () => {
      it('gives back entries and version records as they were written', async () => {
        const model = `${unique}-back`;
        const [one, two] = firstEntries(model);
        const record = versionRecord(model, 1);
        await home.ledger.append(one, record);
        await home.ledger.append(two);
        expect(await home.ledger.latest(model)).toEqual(two);
        expect(await collect(home.ledger.entries(model))).toEqual([one, two]);
        expect(await collect(home.ledger.entries(model, { from: 2, to: 2 }))).toEqual([two]);
        expect(await home.ledger.version(model, 1)).toEqual(record);
        expect(await collect(home.ledger.versions(model))).toEqual([record]);
        expect(await collect(home.ledger.records(model))).toEqual([{ version: 1, stored: record }]);
        expect(await home.ledger.models()).toContain(model);
      });

      it('knows nothing of a model that nothing happened to', async () => {
        expect(await home.ledger.latest(`${unique}-none`)).toBeUndefined();
        expect(await home.ledger.version(`${unique}-none`, 1)).toBeUndefined();
        expect(await collect(home.ledger.entries(`${unique}-none`))).toEqual([]);
        expect(await home.ledger.models()).not.toContain(`${unique}-none`);
      });

      it('lets one of many writers of an entry win, and tells the others', async () => {
        const model = `${unique}-race`;
        const [one] = firstEntries(model);
        const tries = await Promise.allSettled(
          Array.from({ length: 6 }, (_, i) =>
            home.ledger.append({ ...one, actor: `writer-${i}` }, versionRecord(model, 1)),
          ),
        );
        const won = tries.flatMap((t, i) => (t.status === 'fulfilled' ? [i] : []));
        expect(won).toHaveLength(1);
        for (const t of tries) if (t.status === 'rejected') expect(t.reason).toBeInstanceOf(ReleaseConflictError);
        expect((await home.ledger.latest(model))?.actor).toBe(`writer-${won[0]}`);
        expect(await collect(home.ledger.versions(model))).toHaveLength(1);
      });

      it('keeps the order beyond nine entries', async () => {
        const model = `${unique}-many`;
        let [entry] = firstEntries(model);
        await home.ledger.append(entry, versionRecord(model, 1));
        for (let i = 0; i < 11; i++) {
          entry = decide(entry.state, { type: 'hold', because: 'unclear', reason: `r${i}` }, { ...context, model });
          await home.ledger.append(entry);
        }
        expect((await collect(home.ledger.entries(model))).map((e) => e.number)).toEqual(
          Array.from({ length: 12 }, (_, i) => i + 1),
        );
        expect((await home.ledger.latest(model))?.number).toBe(12);
      });
    });

    it('publishes events', async () => {
      await home.bus.publish({ source: 'trimtab', detailType: 'Test', detail: { unique } });
    });

    it('takes metric lines', () => {
      const write = () =>
        home.metrics.write(
          metricLine({
            environment: 'local',
            model: unique,
            variant: 'champion',
            version: 1,
            at: Date.now(),
            values: { PredictionError: [0, 1] },
          }),
        );
      expect(write).not.toThrow();
    });
  });
}
