import { beforeEach, describe, expect, it } from 'vitest';
import type { AlarmTransition } from '../../../core/alarms/alarm.ts';
import { AnalysisPolicy } from '../../../core/manifest/canary-analysis.ts';
import { metricLine } from '../../../core/observability/emf.ts';
import type { Command } from '../../../core/registry/commands.ts';
import type { Variant } from '../../../core/serving/variant.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import type { EndpointProbe } from '../../../platform/ports.ts';
import { newestRevision } from '../../../platform/snapshots.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { rollBack } from '../../../usecases/release/roll-back.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const ANALYSIS = AnalysisPolicy.parse({});
const T0 = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('rollBack', () => {
  let folder: string;
  let home: LocalHome;
  let registry: Registry;
  let seconds = 0;

  beforeEach(async () => {
    folder = temporaryFolder('rollback');
    seconds = 0;
    home = await openLocalHome(folder, { now: () => new Date(T0 + seconds * 1_000) });
    registry = new Registry(home, 'test');
    const manifest = {
      ...versionRecord('m', 1).manifest,
      decision: { task: 'binary' as const, output: 'y', column: 0, threshold: 0.5 },
      monitoring: { ...versionRecord('m', 1).manifest.monitoring, periodSeconds: 10, maxErrorRate: 0.36 },
      rollout: { steps: [0.25, 1], stepSeconds: 300, cooldownSeconds: 60, analysis: { ...ANALYSIS, enabled: false } },
    };
    const [one] = firstEntries('m');
    await home.ledger.append(one, { ...versionRecord('m', 1), manifest });
    const record = { ...versionRecord('m', 2), manifest };
    const { decide } = await import('../../../core/registry/decide.ts');
    await home.ledger.append(
      decide(one.state, { type: 'register', version: 2, reason: 'r' }, { model: 'm', at: one.at, actor: 'test' }),
      record,
    );
    for (const version of [1, 2]) await apply({ type: 'approve', version, reason: 'r' });
    await apply({ type: 'release', version: 1, reason: 'r' });
  });

  const apply = (command: Command) => registry.apply('m', command);
  const canary = () => apply({ type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
  const metric = (name: 'PredictionError' | 'Rows', version: number, variant: Variant, values: number[]) =>
    home.metrics.write(
      metricLine({
        environment: 'local',
        model: 'm',
        variant,
        version,
        at: T0 + seconds * 1_000,
        values: { [name]: values },
      }),
    );
  const rate = (share: number, n = 100) => Array.from({ length: n }, (_, i) => (i < share * n ? 1 : 0));
  const alarm = (variant = 'challenger'): AlarmTransition => ({
    alarm: `trimtab.local.m.${variant}.PredictionError`,
    model: 'm',
    from: 'OK',
    to: 'ALARM',
    at: new Date(T0 + seconds * 1_000).toISOString(),
    reason: 'r',
  });
  /** An endpoint that follows the ledger at once, or never. */
  const following: EndpointProbe = {
    report: async () => {
      const { revision, champion, challengers } = await registry.state('m');
      return { revision, champion, challengers };
    },
  };
  const deaf: EndpointProbe = { report: async () => ({ revision: 5, champion: 2, challengers: [] }) };
  const kinds = async () => (await registry.history('m')).map(({ kind }) => kind);

  it('takes a bad canary back, bars it, and sees the endpoint follow', async () => {
    await canary();
    seconds = 15;
    metric('PredictionError', 1, 'champion', rate(0.2));
    metric('PredictionError', 2, 'challenger', rate(0.6));
    const entry = await rollBack(home, following, alarm());
    expect(entry).toMatchObject({ kind: 'canary-aborted', actor: 'function:rollback', version: 1 });
    expect(entry.evidence).toMatchObject({ metric: 'PredictionError', threshold: 0.36 });
    const state = await registry.state('m');
    expect(state).toMatchObject({ champion: 1, challengers: [], awaiting: null, quarantined: [{ version: 2 }] });
    expect((await kinds()).slice(-2)).toEqual(['canary-aborted', 'rollback-verified']);
  });

  it('gives the same entry to a second delivery, and two at once make one', async () => {
    await canary();
    seconds = 15;
    metric('PredictionError', 1, 'champion', rate(0.2));
    metric('PredictionError', 2, 'challenger', rate(0.6));
    const answers = await Promise.all([1, 2, 3].map(() => rollBack(home, following, alarm())));
    expect(new Set(answers.map(({ number }) => number)).size).toBe(1);
    expect(await rollBack(home, following, alarm())).toEqual(answers[0]);
    expect((await kinds()).filter((kind) => kind === 'canary-aborted')).toHaveLength(1);
    expect((await kinds()).filter((kind) => kind === 'rollback-verified')).toHaveLength(1);
  });

  it('holds and asks for retraining, in one entry, when all are worse together', async () => {
    await canary();
    seconds = 15;
    metric('PredictionError', 1, 'champion', rate(0.44));
    metric('PredictionError', 2, 'challenger', rate(0.46));
    const first = await rollBack(home, following, alarm());
    expect(first).toMatchObject({
      kind: 'retraining-requested',
      cause: { alarm: 'trimtab.local.m.challenger.PredictionError' },
    });
    seconds = 16;
    expect(await rollBack(home, following, alarm('champion'))).toMatchObject({ kind: 'alarm-held' });
    expect((await registry.state('m')).challengers).toHaveLength(1);
  });

  it('returns to the former champion when a full release turns out worse', async () => {
    metric('PredictionError', 1, 'champion', rate(0.2));
    seconds = 100;
    await apply({ type: 'release', version: 2, reason: 'r' });
    seconds = 115;
    metric('PredictionError', 2, 'champion', rate(0.6));
    expect(await rollBack(home, following, alarm('champion'))).toMatchObject({ kind: 'rolled-back', version: 1 });
  });

  it('leaves a rollback that is not seen awaited, and the scheduled look sees it later', async () => {
    await canary();
    seconds = 15;
    metric('PredictionError', 1, 'champion', rate(0.2));
    metric('PredictionError', 2, 'challenger', rate(0.6));
    await rollBack(home, deaf, alarm(), { waitSeconds: 0 });
    expect((await registry.state('m')).awaiting).toMatchObject({ target: 1 });
    expect(await advanceRollouts(home, home.clock.now(), following)).toMatchObject([
      { model: 'm', entry: { kind: 'rollback-verified' } },
    ]);
  });

  it('refuses an alarm that is none of the model', async () => {
    await expect(
      rollBack(home, following, { ...alarm(), alarm: 'trimtab.local.m.shadow.PredictionError' }),
    ).rejects.toThrow('no alarm is named trimtab.local.m.shadow.PredictionError');
  });

  describe('advanceRollouts', () => {
    it('makes up for a snapshot that could not be written with its entry', async () => {
      const artifacts = Object.assign(Object.create(home.artifacts), { put: () => Promise.reject(new Error('down')) });
      await new Registry({ ...home, artifacts }, 'test').apply('m', { type: 'hold-alarm', reason: 'r' });
      const { revision } = await registry.state('m');
      expect(await newestRevision(home.artifacts, 'm')).toBe(revision - 1);
      await advanceRollouts(home, home.clock.now());
      expect(await newestRevision(home.artifacts, 'm')).toBe(revision);
    });

    it('waits for the step to hold, for traffic and for alarms to be down, then promotes', async () => {
      await canary();
      const look = async () => (await advanceRollouts(home, home.clock.now()))[0]!;
      seconds = 299;
      expect((await look()).waiting).toBe('the step has held 299 of 300 s');
      seconds = 301;
      expect((await look()).waiting).toBe('the challenger has had no traffic in this step');
      metric('Rows', 2, 'challenger', [1]);
      metric('PredictionError', 2, 'challenger', rate(0.9));
      seconds = 312;
      expect((await look()).waiting).toBe('alarms are up: trimtab.local.m.challenger.PredictionError');
      seconds = 400;
      expect((await look()).entry).toMatchObject({ kind: 'promoted', version: 2 });
      expect((await look()).waiting).toBe('no canary');
    });
  });
});
