import { describe, expect, it } from 'vitest';
import { Bookkeeping } from '../../../core/observability/bookkeeping.ts';
import type { Metrics } from '../../../platform/ports.ts';
import { DeliveryStream } from '../../../server/captures/delivery-stream.ts';

const capture = (i: number) => `{"trimtab":"capture","id":"${String(i).padStart(5, '0')}"`.padEnd(999).concat('}');
/** With its line end. */
const SIZE = 1_001;
/** Share that is kept at least: a tenth is dropped at once, and the 64 KB that stand together. */
const LEAST = 0.8;

/** A stream for so many captures, whose store does as it is told. */
function stream(most: number) {
  const stored: string[] = [];
  const metrics: string[] = [];
  const printed: string[] = [];
  const store = { up: true };
  const bookkeeping = new Bookkeeping(Date.now);
  const put = async (_key: string, body: readonly Uint8Array[]): Promise<boolean> => {
    if (!store.up) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    stored.push(...Buffer.concat(body).toString('utf8').trimEnd().split('\n'));
    return true;
  };
  const to = {
    captures: { put } as never,
    metrics: { write: (line: string) => metrics.push(line) } as unknown as Metrics,
    clock: { now: () => new Date(0) },
    bookkeeping,
  };
  return {
    stored,
    metrics,
    printed,
    bookkeeping,
    store,
    of: new DeliveryStream(to, (line) => printed.push(line), most * SIZE),
  };
}

describe('DeliveryStream', () => {
  it('sends every line where it belongs', async () => {
    const { of, stored, metrics, printed } = stream(10);
    of.write(`${capture(1)}\n`);
    of.write('{"_aws":{},"Latency":1}');
    of.write('{"log.level":"info"}');
    of.write('');
    await of.flush();
    expect([stored, metrics, printed]).toEqual([[capture(1)], ['{"_aws":{},"Latency":1}'], ['{"log.level":"info"}']]);
  });

  it('keeps what could not be delivered for the next time, each once and in order', async () => {
    const { of, stored, store } = stream(10);
    store.up = false;
    of.write(capture(1));
    const failed = of.flush();
    of.write(capture(2));
    await expect(failed).rejects.toThrow('no space left');
    store.up = true;
    await of.flush();
    await of.flush();
    expect(stored).toEqual([capture(1), capture(2)]);
  });

  it('never holds more than it may: the oldest are dropped, and counted', async () => {
    const most = 1_000;
    const { of, stored, bookkeeping, store } = stream(most);
    const dropped = (): number => bookkeeping.records.reduce((sum, { lost }) => sum + lost, 0);
    store.up = false;
    for (let i = 0; i < most - 100; i++) of.write(capture(i));
    expect(dropped()).toBe(0);
    for (let i = most - 100; i < 2_500; i++) of.write(capture(i));
    expect(dropped()).toBeGreaterThan(0);
    // What fails to be delivered counts as well when it comes back.
    const failed = of.flush();
    for (let i = 2_500; i < 3_000; i++) of.write(capture(i));
    await expect(failed).rejects.toThrow('no space left');
    store.up = true;
    await of.flush();
    expect(stored.length).toBeLessThanOrEqual(most);
    expect(stored.length).toBeGreaterThanOrEqual(most * LEAST);
    // The newest, each once and in order; and what is not there was counted.
    expect(stored).toEqual(Array.from({ length: stored.length }, (_, i) => capture(3_000 - stored.length + i)));
    expect(dropped() + stored.length).toBe(3_000);
    expect(bookkeeping.records.map(({ what, reason }) => `${what} ${reason}`)).toEqual([
      'captures too-slow',
      'captures disk-full',
    ]);
  });
});
