import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { ReleaseConflictError } from '../../../core/registry/errors.ts';
import { newestRevision } from '../../../platform/snapshots.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { PIPELINE } from '../../usecases/serving/serving-fixture.ts';
import { type Fault, THROTTLED } from './proxy.ts';
import { FaultStand, served } from './stand.ts';

const OUTAGES: [string, Fault][] = [
  ['throttled', THROTTLED],
  ['down', { kind: 'reset' }],
  ['silent', { kind: 'silence' }],
];

async function persistently<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await act();
    } catch (error) {
      if (attempt === 10) throw error;
    }
}

describe('DynamoDB', () => {
  let stand: FaultStand;
  beforeEach(async () => {
    stand = await FaultStand.open();
  });
  afterEach(() => stand.close());

  it.each(OUTAGES)(
    '%s: endpoints go on, start afresh, follow what others could write, and recover',
    async (_, fault) => {
      await stand.release(PIPELINE);
      const warm = await stand.endpoint({ retrySeconds: 0 });
      const named = { models: ['pipeline'] };
      const outage = stand.proxy.when({ service: 'dynamodb' }, fault);
      await warm.refresh();
      expect(await served(warm)).toBe(1);
      expect(stand.metric('StaleRelease')).toMatchObject({ StaleRelease: 1 });
      for (const options of [{}, named]) expect(await served(await stand.endpoint(options))).toBe(1);
      expect(stand.metric('StaleRelease')).toMatchObject({ StaleRelease: 1 });
      expect(outage.hits).toBeGreaterThan(0);

      // Somebody else still reaches it, and takes a release back: seen beside the ledger.
      outage.lift();
      await stand.release(PIPELINE, 'pipeline', 'two');
      stand.proxy.when({ service: 'dynamodb' }, fault);
      await warm.refresh();
      expect(await served(warm)).toBe(2);

      stand.proxy.clear();
      await warm.refresh();
      expect(await served(warm)).toBe(2);
      expect(stand.metric('StaleRelease')).toMatchObject({ StaleRelease: 0 });
      await stand.expectAllKept();
    },
  );

  it('and S3 down together: what runs goes on, and what starts asks to try again until one of them is back', async () => {
    await stand.release(PIPELINE);
    const warm = await stand.endpoint();
    stand.proxy.when({}, { kind: 'reset' });
    await warm.refresh();
    expect(await served(warm)).toBe(1);
    const fresh = await stand.endpoint();
    expect(await served(fresh)).toBeNaN();
    stand.proxy.clear();
    stand.proxy.when({ service: 'dynamodb' }, { kind: 'reset' });
    await fresh.refresh();
    expect(await served(fresh)).toBe(1);
    await stand.expectAllKept();
  });

  it('answers who is released but not with what: the record comes from beside the ledger', async () => {
    await stand.release(PIPELINE);
    const rule = stand.proxy.when({ service: 'dynamodb', operation: 'GetItem' }, THROTTLED);
    expect(await served(await stand.endpoint())).toBe(1);
    expect(rule.hits).toBeGreaterThan(0);
    expect(stand.metric('LoadFailure')).toMatchObject({ LoadFailure: 0 });
  });

  it('throttles, breaks and loses acknowledgements at random: every change is made once or refused', async () => {
    await stand.register(PIPELINE);
    await stand.register(PIPELINE, 'pipeline', 'two');
    const dynamo = { service: 'dynamodb' };
    const writes = { ...dynamo, operation: ['PutItem', 'TransactWriteItems'] };
    const rules = [
      stand.proxy.when(dynamo, THROTTLED, { probability: 0.2, seed: 1 }),
      stand.proxy.when(dynamo, { kind: 'reset' }, { probability: 0.1, seed: 2 }),
      stand.proxy.when(writes, { kind: 'lost-answer' }, { probability: 0.4, seed: 3 }),
    ];
    const commands: Command[] = [
      { type: 'release', version: 1, reason: 'r' },
      { type: 'start-canary', version: 2, steps: [0.25, 0.5, 1], reason: 'r' },
      { type: 'advance', reason: 'r' },
      { type: 'advance', reason: 'r' },
      { type: 'roll-back', quarantine: true, reason: 'r' },
    ];
    for (const command of commands) {
      const expectedRevision = (await persistently(() => stand.registry.state('pipeline'))).revision;
      // Who was told nothing asks again for the same change of the same release: made already is as good as made.
      await persistently(() =>
        stand.registry.apply('pipeline', command, { expectedRevision }).catch((error: unknown) => {
          if (!(error instanceof ReleaseConflictError)) throw error;
        }),
      );
    }
    expect(await persistently(() => stand.register(PIPELINE, 'pipeline', 'three', false))).toBe(3);
    for (const rule of rules) expect(rule.hits).toBeGreaterThan(0);
    stand.proxy.clear();
    const history = await stand.registry.history('pipeline');
    expect(history.map(({ kind }) => kind)).toEqual([
      ...['registered', 'approved', 'registered', 'approved'],
      ...['released', 'canary-started', 'canary-advanced', 'promoted', 'rolled-back'],
      'registered',
    ]);
    await stand.expectAllKept();
  });

  it('loses every acknowledgement of a write: the next try finds it made, and does not make it again', async () => {
    await stand.register(PIPELINE);
    stand.proxy.when({ service: 'dynamodb', operation: 'PutItem' }, { kind: 'lost-answer' });
    const release: Command = { type: 'release', version: 1, reason: 'r' };
    // Told neither yes nor no; it is there.
    await expect(stand.apply('pipeline', release)).rejects.toThrow();
    stand.proxy.clear();
    await expect(stand.apply('pipeline', release)).rejects.toThrow('version 1 is the champion already');
    expect((await stand.registry.history('pipeline')).filter(({ kind }) => kind === 'released')).toHaveLength(1);
    await stand.expectAllKept();
  });

  it('takes an entry whose snapshot S3 does not: the entry stands, and the next look makes up for it', async () => {
    await stand.register(PIPELINE);
    const rule = stand.proxy.when({ service: 's3', operation: 'PUT', path: /releases\// }, { kind: 'reset' });
    const entry = await stand.apply('pipeline', { type: 'release', version: 1, reason: 'r' });
    expect(rule.hits).toBeGreaterThan(0);
    expect(await newestRevision(stand.home.artifacts, 'pipeline')).toBe(0);
    stand.proxy.clear();
    await advanceRollouts(stand.home, new Date());
    expect(await newestRevision(stand.home.artifacts, 'pipeline')).toBe(entry.number);
    await stand.expectAllKept();
  });
});
