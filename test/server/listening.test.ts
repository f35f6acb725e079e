import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { type Serving, startServing } from '../../server/server.ts';
import { readSettings } from '../../server/settings.ts';
import { PIPELINE, ROW, ServingFixture } from '../fixtures/serving-fixture.ts';

/** A port that is free. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('a server that starts', () => {
  let fixture: ServingFixture;
  let serving: Promise<Serving> | undefined;
  let openGate: () => void = () => undefined;
  afterEach(async () => {
    openGate();
    await (await serving)?.drain();
    await fixture.close();
  });

  /** Starts one whose ledger says nothing before the gate opens. */
  async function start(port: number, listenAfterMs?: number): Promise<{ asked: Promise<void> }> {
    fixture = await ServingFixture.open();
    await fixture.release(PIPELINE, 'pipeline');
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    let told: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      told = resolve;
    });
    const { home } = fixture;
    const models = async () => {
      told();
      await gate;
      return home.ledger.models();
    };
    const ledger = new Proxy(home.ledger, {
      get: (target, name) => (name === 'models' ? models : Reflect.get(target, name).bind(target)),
    });
    serving = startServing({
      home: { ...home, ledger },
      settings: readSettings({ port, drainDelay: 0, processes: '4', truthMegabytes: '0.004' }, {}),
      worker: workerEntry(),
      captures: false,
      listenAfterMs,
      log: () => undefined,
    });
    return { asked };
  }

  it('beside others takes no connection before its models are loaded, and is ready with the first', async () => {
    const port = await freePort();
    const { asked } = await start(port, 600_000);
    await asked;
    expect(await listens(port)).toBe(false);
    openGate();
    while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 2));
    const [ready, predicted] = await Promise.all([
      fetch(`http://127.0.0.1:${port}/v2/health/ready`),
      fetch(`http://127.0.0.1:${port}/v1/models/pipeline:predict`, {
        method: 'POST',
        body: JSON.stringify({ instances: [ROW] }),
      }),
    ]);
    expect([ready.status, predicted.status]).toEqual([200, 200]);
    // It is one of four, and has its part of what a caller may send.
    const truths = Array.from({ length: 20 }, (_, i) => ({ id: `id-${i}`, truth: 1 }));
    const refused = await fetch(`http://127.0.0.1:${port}/trimtab/v1/models/pipeline/truth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: truths }),
    });
    expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('may send 1049 in a minute')]);
  });

  it.each([
    ['beside others takes them while models load for long', 20],
    ['alone takes them at once', undefined],
  ])('%s, and says that it is not ready', async (_what, listenAfterMs) => {
    const port = await freePort();
    await start(port, listenAfterMs);
    while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 2));
    const ready = await fetch(`http://127.0.0.1:${port}/v2/health/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('models are being loaded')]);
    expect((await fetch(`http://127.0.0.1:${port}/v2/health/live`)).status).toBe(200);
  });
});
