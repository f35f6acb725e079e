import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { rollBack } from '../../../usecases/release/roll-back.ts';
import { PIPELINE, request } from '../../fixtures/serving-fixture.ts';
import { FaultFixture, predict } from './fault-fixture.ts';
import { putSamples } from './put-samples.ts';

const MINUTE = 60_000;
/** The Date header has whole seconds; the rest is for a busy machine. */
const NEAR_MS = 4_000;
const real = Date.now;

describe('clocks that are minutes off', () => {
  let fixture: FaultFixture;
  beforeEach(async () => {
    fixture = await FaultFixture.open();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await fixture.close();
  });

  /** Does something on a machine whose clock is off, with a home of its own, as another process would. */
  async function off<T>(minutes: number, act: (registry: Registry) => Promise<T>): Promise<T> {
    vi.spyOn(Date, 'now').mockImplementation(() => real() + minutes * MINUTE);
    try {
      return await act(new Registry(await fixture.openHome(), 'laptop'));
    } finally {
      vi.restoreAllMocks();
    }
  }

  it('write the ledger in the order in which it happened, by the time of AWS', async () => {
    await fixture.register(PIPELINE);
    for (const minutes of [10, -10, 4, -4, 0]) {
      const entry = await off(minutes, (registry) =>
        registry.apply('pipeline', { type: 'hold', because: 'unclear', reason: 'r' }),
      );
      expect(Math.abs(Date.parse(entry.at) - real()), `${minutes} minutes off`).toBeLessThan(NEAR_MS);
    }
    await fixture.expectAllStored();
  });

  it('do not keep a release from being taken back that was made by a clock ahead', async () => {
    const model = `ahead-${fixture.env.TRIMTAB_TABLE!.slice(-8)}`;
    const manifest = { ...PIPELINE, name: model, monitoring: { periodSeconds: 10, maxErrorRate: 0.36 } };
    await fixture.release(manifest);
    await fixture.register(manifest, 'pipeline', 'two');
    await off(10, (registry) =>
      registry.apply(model, { type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' }),
    );
    const at = new Date(real() + 15_000);
    const cloudwatch = new CloudWatchClient({});
    for (const [version, mean] of [
      [1, 0.1],
      [2, 0.6],
    ] as const)
      await putSamples(cloudwatch, { model, version, metric: 'Failure', mean, at });
    cloudwatch.destroy();
    const alarm = {
      alarm: `trimtab.dev.${model}.challenger.Failure`,
      model,
      from: 'OK',
      to: 'ALARM',
      reason: 'r',
    } as const;
    // An alarm from before the release is older than it, whatever the clocks, and says nothing of it.
    const stale = { ...alarm, at: new Date(real() - MINUTE).toISOString() };
    expect(await rollBack(fixture.home, undefined, stale)).toBeUndefined();
    expect((await fixture.registry.history(model)).at(-1)).toMatchObject({ kind: 'canary-started' });
    // When the period of the samples is over.
    const later = { ...fixture.home, clock: { now: () => new Date(real() + 30_000) } };
    const entry = await rollBack(later, undefined, { ...alarm, at: at.toISOString() });
    expect(entry).toMatchObject({ kind: 'canary-aborted' });
    await fixture.expectAllStored();
  });

  it('do not move a canary on early that was started by a clock behind', async () => {
    const manifest = { ...PIPELINE, rollout: { steps: [0.25, 1], stepSeconds: 300 } };
    await off(-10, async (registry) => {
      await fixture.release(manifest);
      await fixture.register(manifest, 'pipeline', 'two');
      await registry.apply('pipeline', { type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
    });
    const home = await fixture.openHome();
    const [look] = await advanceRollouts(home, home.clock.now());
    expect(look?.waiting).toMatch(/^the step has held \d+ of 300 s$/);
  });

  it('find captures that were delivered under an hour that has not begun for them', async () => {
    await fixture.release(PIPELINE);
    const endpoint = await fixture.endpoint();
    const id = (await predict(endpoint)).headers['x-trimtab-prediction-id']!;
    await endpoint.handle(request('POST', '/trimtab/v1/models/pipeline/truth', { records: [{ id, truth: 0 }] }));
    const capture = fixture.lines.find((line) => line.startsWith('{"trimtab":"capture"'))!;
    const turn = Math.ceil(real() / (60 * MINUTE)) * 60 * MINUTE;
    const hour = hourFolder(new Date(turn).toISOString());
    await fixture.home.captures.put(`captures/${hour}/early.jsonl`, capture);
    // The join's clock is five minutes behind that of the delivery: it is still the hour before.
    expect(await joinGroundTruth(fixture.home, new Date(turn - 5 * MINUTE))).toMatchObject({ joined: 0, waiting: 1 });
    expect(await joinGroundTruth(fixture.home, new Date(turn + MINUTE))).toMatchObject({ joined: 1, waiting: 0 });
  });
});
