import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../../platform/onnx/model.ts';
import type { Home, Ledger } from '../../../platform/ports.ts';
import type { Endpoint, EndpointOptions } from '../../../usecases/serving/endpoint.ts';
import type { ModelLoader } from '../../../usecases/serving/loaded-version.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

/** An endpoint that nobody has asked for longer than its copy of the release may be old. */
describe('An endpoint that has been idle', () => {
  let fixture: ServingFixture;
  /** How far the wall clock is ahead of the machine's: as if the process had been frozen for that long. */
  let frozenMs = 0;
  /** What is done to a reading of the ledger before it is made. */
  let before: () => Promise<void> = async () => undefined;
  let reads = 0;

  beforeEach(async () => {
    fixture = await ServingFixture.open();
    frozenMs = 0;
    reads = 0;
    before = async () => undefined;
    await fixture.release(PIPELINE, 'pipeline');
    await fixture.release(PIPELINE, 'pipeline', 'two');
  });
  afterEach(() => fixture.close());

  const home = (changes: Partial<Home> = {}): Home => {
    const { home: inner } = fixture;
    const latest: Ledger['latest'] = async (model) => {
      reads++;
      await before();
      return inner.ledger.latest(model);
    };
    return {
      ...inner,
      ledger: { ...inner.ledger, latest },
      clock: { now: () => new Date(Date.now() + frozenMs) },
      ...changes,
    };
  };
  const open = async (options: Partial<EndpointOptions> = {}): Promise<Endpoint> => {
    const endpoint = await fixture.endpoint({
      home: home(),
      ledgerTimeoutSeconds: 1,
      // However busy this machine is, what can be read is; where the wait itself is looked at, it has its usual length.
      patienceSeconds: 30,
      ...options,
    });
    reads = 0;
    return endpoint;
  };
  const predict = async (endpoint: Endpoint, at = '/v1/models/pipeline:predict') =>
    read(await endpoint.handle(request('POST', at, { instances: [ROW] })));
  const version = ({ headers }: Awaited<ReturnType<typeof predict>>) => headers['x-trimtab-model-version'];
  const age = ({ headers }: Awaited<ReturnType<typeof predict>>) => headers['x-trimtab-release-age'];
  const rollBack = () => fixture.apply('pipeline', { type: 'roll-back', quarantine: true, reason: 'test' });
  const hang = () => new Promise<void>(() => undefined);
  const delay = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));

  it('gives nobody a version that was taken back meanwhile: three of them, one request each', async () => {
    const endpoints = [await open(), await open(), await open()];
    await rollBack();
    frozenMs = 31_000;
    for (const endpoint of endpoints) {
      const answer = await predict(endpoint);
      expect([answer.status, version(answer), age(answer)]).toEqual([200, '1', undefined]);
    }
  });

  it('gives no challenger that was taken back, also to those who name it', async () => {
    const three = await fixture.register(PIPELINE, 'pipeline', 'three');
    await fixture.apply('pipeline', { type: 'start-canary', version: three, steps: [0.5, 1], reason: 'test' });
    const endpoint = await open();
    const named = `/v1/models/pipeline/versions/${three}:predict`;
    expect((await predict(endpoint, named)).status).toBe(200);
    await fixture.apply('pipeline', { type: 'abort-canary', quarantine: true, reason: 'test' });
    frozenMs = 31_000;
    expect((await predict(endpoint, named)).status).toBe(404);
    expect(version(await predict(endpoint))).toBe('2');
  });

  it('reads again for explanations, and before it tells what it serves', async () => {
    const [explains, tells] = [await open(), await open()];
    await rollBack();
    frozenMs = 31_000;
    const explained = await explains.handle(request('POST', '/v1/models/pipeline:explain', { instances: [ROW] }));
    // It has no baseline to explain by: who says so is what matters here.
    expect(explained.body).toContain('version 1 of pipeline has no');
    const told = read(await tells.handle(request('GET', '/trimtab/v1/models/pipeline/release')));
    expect(told.body).toMatchObject({ champion: 1 });
  });

  it('does not read before the answer while its copy is younger, even when the clock is set back', async () => {
    const endpoint = await open();
    await rollBack();
    before = hang;
    for (const ms of [29_000, -3_600_000]) {
      frozenMs = ms;
      const answer = await predict(endpoint);
      expect([version(answer), age(answer)]).toEqual(['2', undefined]);
    }
    expect(reads).toBe(0);
  });

  it('answers with what it has, and says how old that is, when the ledger is silent for a tenth of a second', async () => {
    const endpoint = await open({ patienceSeconds: 0.1 });
    before = hang;
    frozenMs = 45_000;
    const started = performance.now();
    const answer = await predict(endpoint);
    const took = performance.now() - started;
    expect(version(answer)).toBe('2');
    expect(Number(age(answer))).toBeGreaterThanOrEqual(45);
    expect(Number(age(answer))).toBeLessThan(60);
    // Not below what it waits; above, whatever this machine has to do besides.
    expect(took).toBeGreaterThan(95);
    expect(took).toBeLessThan(1_500);
    expect(fixture.metric('StaleRelease').at(-1)).toMatchObject({ StaleRelease: 1, Version: '2' });
    // Nor does a function wait once more before it is frozen.
    const settling = performance.now();
    await endpoint.settle(60_000);
    expect(performance.now() - settling).toBeLessThan(900);
    // The wait is over for those who come later, too: an outage costs a tenth of a second once, not every request.
    const later = performance.now();
    expect(age(await predict(endpoint))).toMatch(/^\d+$/);
    expect(performance.now() - later).toBeLessThan(90);
    expect(reads).toBe(1);
  });

  it('answers at once, and says so, when the ledger is down; and does not ask it before each answer', async () => {
    const endpoint = await open();
    before = () => Promise.reject(new Error('connect ECONNREFUSED'));
    frozenMs = 45_000;
    for (let i = 0; i < 5; i++) {
      const answer = await predict(endpoint);
      expect([answer.status, version(answer), age(answer)]).toEqual([200, '2', expect.stringMatching(/^4\d$/)]);
    }
    expect(reads).toBe(1);
    before = async () => undefined;
    frozenMs += 3_000;
    expect(age(await predict(endpoint))).toBeUndefined();
  });

  it('does not take a ledger that knows the model no more for news', async () => {
    const { latest } = fixture.real.ledger;
    let gone = false;
    const ledger: Ledger = {
      ...fixture.home.ledger,
      latest: async (model) => (gone ? undefined : latest.call(fixture.real.ledger, model)),
    };
    const endpoint = await open({ home: home({ ledger }) });
    gone = true;
    frozenMs = 45_000;
    const answer = await predict(endpoint);
    expect([answer.status, version(answer), age(answer)]).toEqual([200, '2', expect.stringMatching(/^4\d$/)]);
  });

  it('learns of a rollback from what is kept beside a ledger that is down', async () => {
    const endpoint = await open({ retrySeconds: 0 });
    await rollBack();
    before = () => Promise.reject(new Error('connect ECONNREFUSED'));
    frozenMs = 45_000;
    const answer = await predict(endpoint);
    expect([version(answer), age(answer)]).toEqual(['1', expect.stringMatching(/^\d+$/)]);
  });

  it('says so too in a refusal, and where the registry has never been read', async () => {
    const endpoint = await open();
    before = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const fresh = await open();
    frozenMs = 45_000;
    const refused = read(await endpoint.handle(request('POST', '/v1/models/pipeline:predict', '{')));
    expect([refused.status, refused.headers['x-trimtab-release-age']]).toEqual([400, expect.stringMatching(/^4\d$/)]);
    expect(age(await predict(fresh))).toBe('unknown');
  });

  it('shares one reading among requests that come together', async () => {
    const endpoint = await open();
    await rollBack();
    before = delay(30);
    frozenMs = 31_000;
    const answers = await Promise.all(Array.from({ length: 20 }, () => predict(endpoint)));
    expect(new Set(answers.map(version))).toEqual(new Set(['1']));
    // The usual look beside the requests joins it.
    expect(reads).toBe(1);
  });

  it('takes a reading over that comes late', async () => {
    const endpoint = await open({ patienceSeconds: 0.1 });
    await rollBack();
    before = delay(200);
    frozenMs = 31_000;
    expect(version(await predict(endpoint))).toBe('2');
    await new Promise((resolve) => setTimeout(resolve, 400));
    const answer = await predict(endpoint);
    expect([version(answer), age(answer)]).toEqual(['1', undefined]);
    expect(reads).toBe(1);
  });

  it('does not take the answer to a reading for news that it was frozen in the middle of', async () => {
    const endpoint = await open();
    let answer: () => void = () => undefined;
    const { ledger } = fixture.real;
    const old = await ledger.latest('pipeline');
    // Asked before the freeze, and answered then; it has only not been taken in.
    const first = new Promise<typeof old>((resolve) => {
      answer = () => resolve(old);
    });
    let asked = 0;
    const latest: Ledger['latest'] = (model) => (asked++ === 1 ? first : ledger.latest(model));
    const frozen = await fixture.endpoint({
      home: home({ ledger: { ...fixture.home.ledger, latest } }),
      ledgerTimeoutSeconds: 3,
      patienceSeconds: 1,
    });
    frozenMs = 31_000;
    expect(version(await predict(frozen))).toBe('2');
    await rollBack();
    frozenMs += 600_000;
    const pending = predict(frozen);
    answer();
    expect(version(await pending)).toBe('1');
    expect(version(await predict(endpoint))).toBe('1');
  });

  describe('and has to load what comes in the place of the version it serves', () => {
    let gate: Promise<void>;
    let openGate: () => void;
    let broken = false;
    beforeEach(() => {
      broken = false;
      gate = new Promise((resolve) => {
        openGate = resolve;
      });
    });
    const loadSlowly: ModelLoader = async ({ version: loading, artifact }, file) => {
      if (loading !== 2) await gate;
      if (broken) throw new Error('no memory left');
      return loadModel(file, { digest: artifact.digest, threads: 1 });
    };
    const isPending = async (answer: Promise<unknown>) =>
      (await Promise.race([answer, delay(300)().then(() => 'pending')])) === 'pending';

    it('waits for that when it is known that this one was taken back', async () => {
      const endpoint = await open({ load: loadSlowly });
      await rollBack();
      frozenMs = 31_000;
      const answers = [predict(endpoint), predict(endpoint)];
      expect(await isPending(Promise.race(answers))).toBe(true);
      openGate();
      for (const answer of answers) expect(version(await answer)).toBe('1');
    });

    it('waits so too for a rollback that is seen beside the requests, and one that bars nothing', async () => {
      const endpoint = await open({ load: loadSlowly });
      await fixture.apply('pipeline', { type: 'roll-back', quarantine: false, reason: 'test' });
      const refreshed = endpoint.refresh();
      await delay(50)();
      const answer = predict(endpoint);
      expect(await isPending(answer)).toBe(true);
      openGate();
      await refreshed;
      expect(version(await answer)).toBe('1');
    });

    it('does not wait, and serves the one it has, when that was only followed by another', async () => {
      const endpoint = await open({ load: loadSlowly });
      await fixture.release(PIPELINE, 'pipeline', 'three');
      frozenMs = 31_000;
      const answer = await predict(endpoint);
      expect([version(answer), age(answer)]).toEqual(['2', undefined]);
      openGate();
      await endpoint.refresh();
      expect(version(await predict(endpoint))).toBe('3');
    });

    it('answers 503, and not by the version that was taken back, while the other does not load', async () => {
      const endpoint = await open({ load: loadSlowly, retrySeconds: 0 });
      await rollBack();
      broken = true;
      openGate();
      frozenMs = 31_000;
      expect((await predict(endpoint)).status).toBe(503);
      expect(fixture.metric('LoadFailure').at(-1)).toMatchObject({ LoadFailure: 1, Version: '1' });
      broken = false;
      await endpoint.refresh();
      expect(version(await predict(endpoint))).toBe('1');
    });
  });

  it('follows a later release while the load of an earlier one hangs, and is brought to the last', async () => {
    let openGate: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    const load: ModelLoader = async ({ version: loading, artifact }, file) => {
      if (loading === 3) await gate;
      return loadModel(file, { digest: artifact.digest, threads: 1 });
    };
    const endpoint = await open({ load });
    const three = await fixture.register(PIPELINE, 'pipeline', 'three');
    await fixture.apply('pipeline', { type: 'start-canary', version: three, steps: [0.5, 1], reason: 'test' });
    const refreshed = endpoint.refresh();
    await delay(50)();
    await fixture.apply('pipeline', { type: 'abort-canary', quarantine: true, reason: 'test' });
    frozenMs = 31_000;
    expect(version(await predict(endpoint))).toBe('2');
    openGate();
    await refreshed;
    await endpoint.refresh();
    const named = `/v1/models/pipeline/versions/${three}:predict`;
    expect((await predict(endpoint, named)).status).toBe(404);
    expect(version(await predict(endpoint))).toBe('2');
  });
});
