import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { ReleaseConflictError } from '../../../core/registry/errors.ts';
import { newestRevision } from '../../../platform/snapshots.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { PIPELINE } from '../../fixtures/serving-fixture.ts';
import { FaultFixture, served } from './fault-fixture.ts';
import { type Fault, THROTTLED } from './fault-proxy.ts';

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
  let fixture: FaultFixture;
  beforeEach(async () => {
    fixture = await FaultFixture.open();
  });
  afterEach(() => fixture.close());

  it.each(OUTAGES)(
    '%s: endpoints go on, start afresh, follow what others could write, and recover',
    async (_, fault) => {
      await fixture.release(PIPELINE);
      const warm = await fixture.endpoint({ retrySeconds: 0 });
      const named = { models: ['pipeline'] };
      const outage = fixture.proxy.when({ service: 'dynamodb' }, fault);
      await warm.refresh();
      expect(await served(warm)).toBe(1);
      expect(fixture.metric('StaleRelease')).toMatchObject({ StaleRelease: 1 });
      for (const options of [{}, named]) expect(await served(await fixture.endpoint(options))).toBe(1);
      expect(fixture.metric('StaleRelease')).toMatchObject({ StaleRelease: 1 });
      expect(outage.hits).toBeGreaterThan(0);

      // Somebody else still reaches it, and takes a release back: seen beside the ledger.
      outage.lift();
      await fixture.release(PIPELINE, 'pipeline', 'two');
      fixture.proxy.when({ service: 'dynamodb' }, fault);
      await warm.refresh();
      expect(await served(warm)).toBe(2);

      fixture.proxy.clear();
      await warm.refresh();
      expect(await served(warm)).toBe(2);
      expect(fixture.metric('StaleRelease')).toMatchObject({ StaleRelease: 0 });
      await fixture.expectAllStored();
    },
  );

  it('and S3 down together: what runs goes on, and what starts asks to try again until one of them is back', async () => {
    await fixture.release(PIPELINE);
    const warm = await fixture.endpoint();
    fixture.proxy.when({}, { kind: 'reset' });
    await warm.refresh();
    expect(await served(warm)).toBe(1);
    const fresh = await fixture.endpoint();
    expect(await served(fresh)).toBeNaN();
    fixture.proxy.clear();
    fixture.proxy.when({ service: 'dynamodb' }, { kind: 'reset' });
    await fresh.refresh();
    expect(await served(fresh)).toBe(1);
    await fixture.expectAllStored();
  });

  it('answers who is released but not with what: the record comes from beside the ledger', async () => {
    await fixture.release(PIPELINE);
    const rule = fixture.proxy.when({ service: 'dynamodb', operation: 'GetItem' }, THROTTLED);
    expect(await served(await fixture.endpoint())).toBe(1);
    expect(rule.hits).toBeGreaterThan(0);
    expect(fixture.metric('LoadFailure')).toMatchObject({ LoadFailure: 0 });
  });

  it('throttles, breaks and loses acknowledgements at random: every change is made once or refused', async () => {
    await fixture.register(PIPELINE);
    await fixture.register(PIPELINE, 'pipeline', 'two');
    const dynamo = { service: 'dynamodb' };
    const writes = { ...dynamo, operation: ['PutItem', 'TransactWriteItems'] };
    const rules = [
      fixture.proxy.when(dynamo, THROTTLED, { probability: 0.2, seed: 1 }),
      fixture.proxy.when(dynamo, { kind: 'reset' }, { probability: 0.1, seed: 2 }),
      fixture.proxy.when(writes, { kind: 'lost-answer' }, { probability: 0.4, seed: 3 }),
    ];
    const commands: Command[] = [
      { type: 'release', version: 1, reason: 'r' },
      { type: 'start-canary', version: 2, steps: [0.25, 0.5, 1], reason: 'r' },
      { type: 'advance', reason: 'r' },
      { type: 'advance', reason: 'r' },
      { type: 'roll-back', quarantine: true, reason: 'r' },
    ];
    for (const command of commands) {
      const expectedRevision = (await persistently(() => fixture.registry.state('pipeline'))).revision;
      // Who was told nothing asks again for the same change of the same release: made already is as good as made.
      await persistently(() =>
        fixture.registry.apply('pipeline', command, { expectedRevision }).catch((error: unknown) => {
          if (!(error instanceof ReleaseConflictError)) throw error;
        }),
      );
    }
    expect(await persistently(() => fixture.register(PIPELINE, 'pipeline', 'three', false))).toBe(3);
    for (const rule of rules) expect(rule.hits).toBeGreaterThan(0);
    fixture.proxy.clear();
    const history = await fixture.registry.history('pipeline');
    expect(history.map(({ kind }) => kind)).toEqual([
      ...['registered', 'approved', 'registered', 'approved'],
      ...['released', 'canary-started', 'canary-advanced', 'promoted', 'rolled-back'],
      'registered',
    ]);
    await fixture.expectAllStored();
  });

  it('loses every acknowledgement of a write: the next try finds it made, and does not make it again', async () => {
    await fixture.register(PIPELINE);
    fixture.proxy.when({ service: 'dynamodb', operation: 'PutItem' }, { kind: 'lost-answer' });
    const release: Command = { type: 'release', version: 1, reason: 'r' };
    // Told neither yes nor no; it is there.
    await expect(fixture.apply('pipeline', release)).rejects.toThrow();
    fixture.proxy.clear();
    await expect(fixture.apply('pipeline', release)).rejects.toThrow('version 1 is the champion already');
    expect((await fixture.registry.history('pipeline')).filter(({ kind }) => kind === 'released')).toHaveLength(1);
    await fixture.expectAllStored();
  });

  it('takes an entry whose snapshot S3 does not: the entry stands, and the next look makes up for it', async () => {
    await fixture.register(PIPELINE);
    const rule = fixture.proxy.when({ service: 's3', operation: 'PUT', path: /releases\// }, { kind: 'reset' });
    const entry = await fixture.apply('pipeline', { type: 'release', version: 1, reason: 'r' });
    expect(rule.hits).toBeGreaterThan(0);
    expect(await newestRevision(fixture.home.artifacts, 'pipeline')).toBe(0);
    fixture.proxy.clear();
    await advanceRollouts(fixture.home, new Date());
    expect(await newestRevision(fixture.home.artifacts, 'pipeline')).toBe(entry.number);
    await fixture.expectAllStored();
  });
});
