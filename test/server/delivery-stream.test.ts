import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../platform/ports.ts';
import { DeliveryStream } from '../../server/delivery-stream.ts';

const capture = (i: number) => `{"trimtab":"capture","id":"${String(i).padStart(4, '0')}"}`;
const SIZE = capture(0).length;

/** A stream for so many captures, whose store does as it is told. */
function stream(most: number) {
  const stored: string[] = [];
  const metrics: string[] = [];
  const printed: string[] = [];
  const store = { up: true };
  const put = async (_key: string, body: string | Uint8Array): Promise<boolean> => {
    if (!store.up) throw new Error('no space left');
    stored.push(...String(body).trimEnd().split('\n'));
    return true;
  };
  const to = {
    captures: { put } as never,
    metrics: { write: (line: string) => metrics.push(line) } as unknown as Metrics,
    clock: { now: () => new Date(0) },
  };
  return { stored, metrics, printed, store, of: new DeliveryStream(to, (line) => printed.push(line), most * SIZE) };
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

  it('never holds more than it may: the oldest are dropped, and that is said', async () => {
    const { of, stored, printed, store } = stream(100);
    store.up = false;
    for (let i = 0; i < 100; i++) of.write(capture(i));
    expect(printed).toEqual([]);
    of.write(capture(100));
    expect(printed).toEqual(['captures cannot be delivered as fast as they come: 11 lines were dropped']);
    for (let i = 101; i < 1_000; i++) of.write(capture(i));
    // What fails to be delivered counts as well when it comes back.
    const failed = of.flush();
    for (let i = 1_000; i < 1_050; i++) of.write(capture(i));
    await expect(failed).rejects.toThrow();
    store.up = true;
    await of.flush();
    expect(stored.length).toBeLessThanOrEqual(100);
    expect(stored.length).toBeGreaterThanOrEqual(90);
    expect(stored).toEqual(Array.from({ length: stored.length }, (_, i) => capture(1_050 - stored.length + i)));
    const dropped = printed.map((line) => Number(/(\d+) lines were dropped/.exec(line)![1]));
    expect(dropped.reduce((sum, count) => sum + count, 0) + stored.length).toBe(1_050);
  });
});
