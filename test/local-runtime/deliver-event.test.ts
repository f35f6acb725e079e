import { beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../local-runtime/deliver-event.ts';
import { DropPoller } from '../../local-runtime/drop-poller.ts';
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
    expect(await deliver({ store, function: flaky, id: 'id', event: {}, backoffMs: 1 })).toBe('done');
    expect(tries).toBe(3);
    const broken = { name: 'g', run: async () => Promise.reject(new RangeError('no good')) };
    expect(await deliver({ store, function: broken, id: 'poison', event: { a: 1 }, backoffMs: 1 })).toBeUndefined();
    expect(JSON.parse(await text('dead-letter/g/poison.json'))).toEqual({
      function: 'g',
      id: 'poison',
      attempts: 3,
      reason: 'RangeError: no good',
      event: { a: 1 },
    });
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
    expect(key).toMatch(/^captures\/2026\/01\/02\/03\//);
    expect(await text(key!)).toBe('{"trimtab":"capture","id":"a"}\n{"trimtab":"capture","id":"b"}\n');
    expect([metrics, printed]).toEqual([['{"_aws":{}}'], ['hello']]);
  });
});

describe('DropPoller', () => {
  it('tells of a file once it is at rest, and again when it is replaced', async () => {
    const poller = new DropPoller(store, 'incoming/');
    const poll = async () => (await poller.poll()).map(({ key }) => key);
    await store.put('incoming/d/a.csv', 'half');
    expect(await poll()).toEqual([]);
    await store.put('incoming/d/a.csv', 'half and the rest');
    expect(await poll()).toEqual([]);
    expect(await poll()).toEqual(['incoming/d/a.csv']);
    expect(await poll()).toEqual([]);
    await store.put('incoming/d/a.csv', 'another');
    await poll();
    expect(await poll()).toEqual(['incoming/d/a.csv']);
    await store.put('elsewhere/b.csv', 'x');
    await poll();
    expect(await poll()).toEqual([]);
  });
});
