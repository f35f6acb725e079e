import { appendFileSync, chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { deliver } from '../../local-runtime/deliver-event.ts';
import { DropLog } from '../../local-runtime/drop-log.ts';
import { DropPoller, type DropPollerOptions } from '../../local-runtime/drop-poller.ts';
import { FileObjectStore } from '../../platform/local/object-store.ts';
import { DeliveryStream } from '../../server/captures/delivery-stream.ts';
import { temporaryFolder } from '../temporary-folder.ts';

let folder: string;
let store: FileObjectStore;
beforeEach(() => {
  folder = temporaryFolder('local-runtime');
  store = new FileObjectStore(folder);
});

const text = async (key: string) => new TextDecoder().decode(await store.get(key));
async function keys(prefix: string): Promise<string[]> {
  const all: string[] = [];
  for await (const { key } of store.list(prefix)) all.push(key);
  return all;
}

describe('deliver', () => {
  it('tries again, and keeps what fails for good with its reason', async () => {
    let tries = 0;
    const flaky = { name: 'f', run: async () => (++tries < 3 ? Promise.reject(new Error('not yet')) : 'done') };
    expect(await deliver({ store, function: flaky, id: 'id', event: {}, backoffMs: 1 })).toEqual({
      delivered: true,
      result: 'done',
    });
    expect(tries).toBe(3);
    const broken = { name: 'g', run: async () => Promise.reject(new RangeError('no good')) };
    const poison = { store, id: 'poison', event: { a: 1 }, backoffMs: 1 };
    expect(await deliver({ ...poison, function: broken })).toEqual({ delivered: false });
    expect(JSON.parse(await text('dead-letter/g/poison.json'))).toEqual({
      function: 'g',
      id: 'poison',
      attempts: 3,
      reason: 'RangeError: no good',
      event: { a: 1 },
    });
    // What is processed in the end has no letter any more.
    expect(await deliver({ ...poison, function: { ...broken, run: async () => 1 } })).toMatchObject({
      delivered: true,
    });
    expect(await keys('dead-letter/')).toEqual([]);
  });
});

describe('DeliveryStream', () => {
  it('sends each line where the log subscription would, and loses none when a delivery fails', async () => {
    const metrics: string[] = [];
    const printed: string[] = [];
    let broken = true;
    const captures = Object.assign(Object.create(store) as FileObjectStore, {
      put: (key: string, body: string) => (broken ? Promise.reject(new Error('down')) : store.put(key, body)),
    });
    const clock = { now: () => new Date('2026-01-02T03:04:05Z') };
    const stream = new DeliveryStream(
      {
        captures,
        clock,
        bookkeeping: new Bookkeeping(Date.now),
        metrics: { environment: 'local', write: (line) => metrics.push(line), query: async () => [] },
      },
      (line) => printed.push(line),
    );
    stream.write('{"trimtab":"capture","id":"a"}\n');
    stream.write('{"_aws":{}}');
    stream.write('hello');
    await expect(stream.flush()).rejects.toThrow('down');
    stream.write('{"trimtab":"capture","id":"b"}');
    broken = false;
    await stream.flush();
    await stream.flush();
    const [key, ...more] = await keys('captures/');
    expect(more).toEqual([]);
    expect(key).toMatch(/^captures\/dt=2026-01-02\/hour=03\//);
    expect(await text(key!)).toBe('{"trimtab":"capture","id":"a"}\n{"trimtab":"capture","id":"b"}\n');
    expect([metrics, printed]).toEqual([['{"_aws":{}}'], ['hello']]);
  });
});

describe('DropPoller', () => {
  const file = (name: string) => path.join(folder, 'incoming/d', name);
  const poller = (options: Partial<DropPollerOptions> = {}) => {
    const made = new DropPoller(store, { prefix: 'incoming/', quietSeconds: 60, ...options });
    return async () => (await made.poll()).map(({ key }) => key);
  };

  it('tells of an object that was put, or moved into place, as soon as it is seen twice alike', async () => {
    const poll = poller();
    await store.put('incoming/d/a.csv', 'whole');
    expect([await poll(), await poll(), await poll()]).toEqual([[], ['incoming/d/a.csv'], []]);
    writeFileSync(file('.b.csv'), 'written beside');
    await sleep(20);
    renameSync(file('.b.csv'), file('b.csv'));
    expect([await poll(), await poll(), await poll()]).toEqual([[], ['incoming/d/b.csv'], []]);
    await store.put('incoming/d/a.csv', 'another');
    expect([await poll(), await poll()]).toEqual([[], ['incoming/d/a.csv']]);
    await store.put('elsewhere/c.csv', 'x');
    expect([await poll(), await poll()]).toEqual([[], []]);
  });

  it('waits for a file that is written in pieces with pauses, and tells of it once', async () => {
    const poll = poller({ quietSeconds: 1 });
    mkdirSync(path.dirname(file('a.csv')), { recursive: true });
    for (let piece = 0; piece < 3; piece++) {
      appendFileSync(file('a.csv'), `piece ${piece}\n`);
      for (let part = 0; part < 5; part++) {
        expect(await poll()).toEqual([]);
        await sleep(100);
      }
    }
    await sleep(1_000);
    expect([await poll(), await poll()]).toEqual([['incoming/d/a.csv'], []]);
  });

  it('waits for a half file whose mode is changed, and for none that takes its place', async () => {
    const poll = poller();
    mkdirSync(path.dirname(file('a.csv')), { recursive: true });
    writeFileSync(file('a.csv'), 'half');
    expect(await poll()).toEqual([]);
    await sleep(20);
    chmodSync(file('a.csv'), 0o640);
    expect([await poll(), await poll()]).toEqual([[], []]);
    appendFileSync(file('a.csv'), 'of it');
    await sleep(20);
    chmodSync(file('a.csv'), 0o600);
    expect([await poll(), await poll(), await poll()]).toEqual([[], [], []]);
    writeFileSync(file('.b.csv'), 'whole');
    await sleep(20);
    renameSync(file('.b.csv'), file('a.csv'));
    expect([await poll(), await poll()]).toEqual([[], ['incoming/d/a.csv']]);
  });

  it('does not wait for a file that lay there before it looked', async () => {
    const poll = poller({ now: () => Date.now() + 120_000 });
    mkdirSync(path.dirname(file('a.csv')), { recursive: true });
    writeFileSync(file('a.csv'), 'x');
    expect([await poll(), await poll()]).toEqual([[], ['incoming/d/a.csv']]);
  });

  it('tells of nothing that was processed in an earlier life', async () => {
    await store.put('incoming/d/a.csv', 'x');
    const log = await DropLog.open(path.join(folder, 'drops.jsonl'));
    await log.add((await store.head('incoming/d/a.csv'))!);
    appendFileSync(path.join(folder, 'drops.jsonl'), '{"key":"cut o');
    const poll = poller({ known: (await DropLog.open(path.join(folder, 'drops.jsonl'))).known });
    expect([await poll(), await poll()]).toEqual([[], []]);
    await store.put('incoming/d/a.csv', 'y');
    expect([await poll(), await poll()]).toEqual([[], ['incoming/d/a.csv']]);
  });
});
