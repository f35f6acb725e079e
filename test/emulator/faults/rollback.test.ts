import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlarmTransition } from '../../../core/alarms/alarm.ts';
import type { EndpointProbe } from '../../../platform/ports.ts';
import { ServedRelease } from '../../../platform/served-release.ts';
import { rollBack } from '../../../usecases/release/roll-back.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { PIPELINE, read, request } from '../../fixtures/serving-fixture.ts';
import { FaultFixture, served } from './fault-fixture.ts';
import { type Fault, type Match, THROTTLED } from './fault-proxy.ts';
import { putSamples } from './put-samples.ts';

const WRITE: Match = { service: 'dynamodb', operation: 'PutItem', body: /canary-aborted/ };
const MONITORED = {
  monitoring: { periodSeconds: 10, maxErrorRate: 0.36 },
  rollout: { steps: [0.25, 1], stepSeconds: 300 },
};

describe('a rollback', () => {
  let fixture: FaultFixture;
  let cloudwatch: CloudWatchClient;
  beforeEach(async () => {
    fixture = await FaultFixture.open();
    cloudwatch = new CloudWatchClient({});
  });
  afterEach(async () => {
    cloudwatch.destroy();
    await fixture.close();
  });

  /** Model names are the emulator's, and so are its metrics: each test has its own. */
  const named = (name: string) => `${name}-${fixture.env.TRIMTAB_TABLE!.slice(-8)}`;

  /** The home when the period of the samples is over. */
  const later = () => ({ ...fixture.home, clock: { now: () => new Date(Date.now() + 30_000) } });

  /** Version 1 released, version 2 its canary, and how often both failed of late. */
  async function canary(name: string, failing: { 1: number; 2: number }): Promise<AlarmTransition> {
    const manifest = { ...PIPELINE, ...MONITORED, name };
    await fixture.release(manifest);
    await fixture.register(manifest, 'pipeline', 'two');
    await fixture.apply(name, { type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
    // Within a period that is over when it is read.
    const at = new Date(Date.now() + 15_000);
    for (const version of [1, 2] as const)
      await putSamples(cloudwatch, { model: name, version, metric: 'Failure', mean: failing[version], at });
    return transition(name, 'challenger.Failure', at);
  }

  const transition = (model: string, alarm: string, at: Date): AlarmTransition => ({
    alarm: `trimtab.dev.${model}.${alarm}`,
    model,
    from: 'OK',
    to: 'ALARM',
    at: at.toISOString(),
    reason: 'r',
  });

  /** Asks an endpoint as it would be asked over HTTP, after it has had time to look. */
  const probeOf = (endpoint: Endpoint): EndpointProbe => ({
    report: async (model) => {
      await endpoint.refresh();
      const answer = read(await endpoint.handle(request('GET', `/trimtab/v1/models/${model}/release`)));
      return ServedRelease.parse(answer.body);
    },
  });

  const kinds = async (model: string) =>
    (await fixture.registry.history(model)).map(({ kind }) => kind).filter((kind) => /abort|roll|held/.test(kind));

  describe('fails halfway, and is delivered again', () => {
    const cases: [string, Match, Fault, number][] = [
      ['before it has read anything', { service: 'dynamodb', operation: 'Query' }, { kind: 'reset' }, 4],
      // Several questions at once, each of which is asked four times.
      ['before it has seen the metrics', { service: 'monitoring' }, { kind: 'reset' }, 64],
      ['at its write', WRITE, THROTTLED, 4],
      ['after its write, of which it never hears', WRITE, { kind: 'lost-answer' }, 4],
    ];
    it.each(cases)('%s: one entry answers the alarm, and it is seen through', async (_, match, fault, times) => {
      const model = named('half');
      const alarm = await canary(model, { 1: 0.1, 2: 0.6 });
      const endpoint = await fixture.endpoint({ models: [model] });
      const rule = fixture.proxy.when(match, fault, { times });
      await expect(rollBack(later(), probeOf(endpoint), alarm)).rejects.toThrow();
      expect(rule.hits).toBeGreaterThan(0);
      fixture.proxy.clear();
      await rollBack(later(), probeOf(endpoint), alarm);
      await rollBack(later(), probeOf(endpoint), alarm);
      expect(await kinds(model)).toEqual(['canary-aborted', 'rollback-verified']);
      expect(await served(endpoint, model)).toBe(1);
      await fixture.expectAllStored();
    });

    it('after its write, with the bus down and the endpoint deaf: the next delivery sees it through', async () => {
      const model = named('deaf');
      const alarm = await canary(model, { 1: 0.1, 2: 0.6 });
      const endpoint = await fixture.endpoint({ models: [model] });
      const bus = fixture.proxy.when({ service: 'events' }, { kind: 'reset' });
      const deaf: EndpointProbe = { report: () => Promise.reject(new Error('no answer')) };
      await rollBack(later(), deaf, alarm, { waitSeconds: 0 });
      expect(bus.hits).toBeGreaterThan(0);
      expect(await kinds(model)).toEqual(['canary-aborted']);
      await rollBack(later(), probeOf(endpoint), alarm);
      expect(await kinds(model)).toEqual(['canary-aborted', 'rollback-verified']);
      await fixture.expectAllStored();
    });
  });

  it('comes twice at once, of one alarm and of two: it is made once', async () => {
    const model = named('twice');
    const alarm = await canary(model, { 1: 0.1, 2: 0.6 });
    const other = transition(model, 'challenger.Latency', new Date(alarm.at));
    const probe = probeOf(await fixture.endpoint({ models: [model] }));
    const answers = await Promise.all([alarm, alarm, other, alarm, other].map((a) => rollBack(later(), probe, a)));
    // One of the two woke the judge that took it back: each delivery of it has that entry. When the other is looked at,
    // nothing is wrong any more, and what says nothing new leaves no entry.
    const [winner] = answers.flatMap((entry) => entry?.cause ?? []);
    const expected = [alarm, alarm, other, alarm, other].map((each) => each.alarm === winner!.alarm);
    expect(answers.map((entry) => entry !== undefined)).toEqual(expected);
    expect(new Set(answers.flatMap((entry) => entry?.number ?? [])).size).toBe(1);
    const seen = await kinds(model);
    expect(seen.filter((kind) => kind === 'canary-aborted')).toHaveLength(1);
    expect(seen.filter((kind) => kind === 'rollback-verified')).toHaveLength(1);
    await fixture.expectAllStored();
  });

  it('is asked for two hundred times at once: no cause is answered twice, each model rolled back at most once', async () => {
    const rates = [
      { 1: 0, 2: 0.6 },
      { 1: 0, 2: 0.7 },
      { 1: 0.6, 2: 0.6 },
      { 1: 0, 2: 0 },
    ];
    const alarms: AlarmTransition[] = [];
    for (const [i, failing] of rates.entries()) {
      const model = named(`storm${i}`);
      const at = new Date((await canary(model, failing)).at);
      for (const alarm of [
        'challenger.PredictionError',
        'challenger.Failure',
        'challenger.Latency',
        'champion.PredictionError',
        'champion.Failure',
      ])
        alarms.push(transition(model, alarm, at));
    }
    const storm = alarms.flatMap((alarm) => Array.from({ length: 10 }, () => alarm));
    let pending = storm.toSorted((a, b) => hash(a.alarm) - hash(b.alarm));
    const throttles = fixture.proxy.when({ service: 'dynamodb' }, THROTTLED, { probability: 0.02, seed: 9 });
    // What fails is delivered again, as the service would.
    for (let delivery = 1; pending.length > 0 && delivery <= 3; delivery++) {
      const answers = await Promise.allSettled(pending.map((alarm) => rollBack(later(), undefined, alarm)));
      pending = pending.filter((_, i) => answers[i]!.status === 'rejected');
    }
    expect(throttles.hits).toBeGreaterThan(0);
    expect(pending).toEqual([]);
    fixture.proxy.clear();
    // Of fifty deliveries of five alarms, one woke the judge when there was something new to say: what is worse is taken
    // back, what all versions have is held, and nothing wrong leaves nothing.
    for (const [i, said] of [['canary-aborted'], ['canary-aborted'], ['infrastructure-held'], []].entries()) {
      const model = named(`storm${i}`);
      const automatic = (await fixture.registry.history(model)).filter(({ actor }) => actor.startsWith('function:'));
      expect(
        automatic.map(({ kind }) => kind),
        model,
      ).toEqual(said);
      const own = alarms.filter((a) => a.model === model).map((a) => `${a.alarm} ${a.at}`);
      for (const { cause } of automatic) expect(own, model).toContain(`${cause!.alarm} ${cause!.at}`);
    }
    await fixture.expectAllStored();
  }, 180_000);
});

/** Mixes the storm, the same way each time. */
function hash(text: string): number {
  let h = 0;
  for (const c of text) h = Math.imul(h ^ c.charCodeAt(0), 0x9e3779b1);
  return h;
}
