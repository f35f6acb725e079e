import { beforeEach, describe, expect, it } from 'vitest';
import type { Hypothesis } from '../../../core/experiment/hypothesis.ts';
import { AnalysisPolicy } from '../../../core/manifest/canary-analysis.ts';
import { metricLine } from '../../../core/observability/emf.ts';
import type { MetricName } from '../../../core/observability/metric-names.ts';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { EMPTY_STATE } from '../../../core/registry/ledger.ts';
import type { Variant } from '../../../core/serving/variant.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const T0 = Date.UTC(2026, 0, 1, 12, 0, 0);
const hypothesis: Hypothesis = {
  metric: 'PredictionError',
  better: 'lower',
  rate: true,
  minEffect: 0.05,
  alpha: 0.05,
  power: 0.8,
};

describe('advanceRollouts', () => {
  let folder: string;
  let home: LocalHome;
  let registry: Registry;
  let seconds = 0;

  beforeEach(async () => {
    folder = temporaryFolder('advance');
    seconds = 0;
    home = await openLocalHome(folder, { now: () => new Date(T0 + seconds * 1_000) });
    registry = new Registry(home, 'test');
    for (const version of [1, 2, 3]) {
      const record = versionRecord('m', version);
      const state = (await home.ledger.latest('m'))?.state ?? EMPTY_STATE;
      const command: Command = { type: 'register', version, reason: 'r' };
      await home.ledger.append(decide(state, command, { model: 'm', at: home.clock.now().toISOString(), actor: 't' }), {
        ...record,
        manifest: {
          ...record.manifest,
          decision: { task: 'binary', output: 'y', column: 0, threshold: 0.5 },
          monitoring: { ...record.manifest.monitoring, periodSeconds: 10, maxErrorRate: 0.9, maxLatencyMs: 5_000 },
          rollout: {
            steps: [0.25, 0.5, 1],
            stepSeconds: 300,
            cooldownSeconds: 60,
            analysis: AnalysisPolicy.parse({}),
            shadow: { minSamples: 100, maxDisagreement: 0.1 },
          },
        },
      });
      await apply({ type: 'approve', version, reason: 'r' });
    }
    await apply({ type: 'release', version: 1, reason: 'r' });
  });

  const apply = (command: Command) => registry.apply('m', command);
  const write = (version: number, variant: Variant, values: Partial<Record<MetricName, number | number[]>>) =>
    home.metrics.write(
      metricLine({ environment: 'local', model: 'm', variant, version, at: T0 + seconds * 1_000, values }),
    );
  const rates = (n: number, share: number) => Array.from({ length: n }, (_, i) => (i < Math.round(share * n) ? 1 : 0));
  /** Requests of a version within one second. */
  const serve = (version: number, variant: Variant, n: number, { wrong = 0.2, failure = 0, latency = 20 } = {}) => {
    write(version, variant, { Rows: n, Failure: rates(n, failure) });
    write(version, variant, { PredictionError: rates(n, wrong) });
    // Times differ.
    write(version, variant, { Latency: Array.from({ length: n }, (_, i) => latency + (i % 5) + (seconds % 3)) });
  };
  const look = async () => (await advanceRollouts(home, home.clock.now()))[0]!;
  const canary = (version = 2) => apply({ type: 'start-canary', version, steps: [0.25, 0.5, 1], reason: 'r' });

  describe('a canary', () => {
    it('goes on step by step, with what was seen of both in the ledger', async () => {
      await canary();
      for (const kind of ['canary-advanced', 'promoted']) {
        for (let i = 0; i < 40; i++) {
          seconds += 10;
          serve(1, 'champion', 30);
          serve(2, 'challenger', 30);
        }
        seconds += 10;
        const { entry } = await look();
        expect(entry).toMatchObject({
          kind,
          version: 2,
          evidence: {
            verdict: 'advance',
            checks: [{ metric: 'Failure' }, { metric: 'PredictionError' }, { metric: 'Latency' }],
          },
        });
        expect(entry!.reason).toContain('PredictionError: 20.0 % of');
      }
    });

    it('waits while there is too little to compare, and says so in the ledger once', async () => {
      await canary();
      for (let i = 0; i < 31; i++) {
        seconds += 10;
        serve(1, 'champion', 30);
        serve(2, 'challenger', 1);
      }
      expect((await look()).entry).toMatchObject({ kind: 'canary-waits', version: 2, evidence: { verdict: 'wait' } });
      seconds += 10;
      expect((await look()).waiting).toContain('samples of the challenger');
      expect((await registry.state('m')).challengers).toMatchObject([{ weight: 0.25, step: 0 }]);
      for (let i = 0; i < 20; i++) {
        seconds += 10;
        serve(1, 'champion', 30);
        serve(2, 'challenger', 60);
      }
      seconds += 10;
      expect((await look()).entry).toMatchObject({ kind: 'canary-advanced' });
      expect((await registry.state('m')).challengers[0]!.waiting).toBeUndefined();
    });

    it.each([
      ['is wrong more often', { wrong: 0.5 }],
      ['fails, below what alarms let pass', { failure: 0.08 }],
      ['takes longer', { latency: 60 }],
    ])('ends, and is barred, when it %s than the champion', async (_, worse) => {
      await canary();
      for (let i = 0; i < 40; i++) {
        seconds += 10;
        serve(1, 'champion', 25);
        serve(2, 'challenger', 25, worse);
      }
      seconds += 10;
      expect((await look()).entry).toMatchObject({
        kind: 'canary-aborted',
        version: 1,
        evidence: { verdict: 'abort' },
      });
      expect((await registry.state('m')).quarantined).toMatchObject([{ version: 2 }]);
    });

    it('of two, each is judged by its own', async () => {
      await canary(2);
      await canary(3);
      for (let i = 0; i < 40; i++) {
        seconds += 10;
        serve(1, 'champion', 30);
        serve(2, 'challenger', 30);
        serve(3, 'challenger', 30, { wrong: 0.5 });
      }
      seconds += 10;
      // The first advances to half; the second is found out at the next look.
      expect((await look()).entry).toMatchObject({ kind: 'canary-advanced', version: 2 });
      expect((await look()).entry).toMatchObject({ kind: 'canary-aborted' });
      const { challengers, quarantined } = await registry.state('m');
      expect(challengers.map(({ version }) => version)).toEqual([2]);
      expect(quarantined).toMatchObject([{ version: 3 }]);
    });
  });

  describe('a shadow whose canary waits for it', () => {
    const shadow = () => apply({ type: 'start-shadow', version: 2, canary: [0.25, 1], reason: 'r' });
    const compared = (n: number, share: number) => {
      seconds += 10;
      for (let i = 0; i < n; i += 100) {
        const some = Math.min(100, n - i);
        write(2, 'shadow', { ShadowDisagreement: rates(some, share), ShadowDifference: Array(some).fill(0.2) });
      }
    };

    it('lets it begin once enough answers agree, with what was seen', async () => {
      await shadow();
      compared(99, 0.02);
      expect((await look()).waiting).toBe('99 of 100 answers of the shadow have been compared');
      compared(300, 0.03);
      seconds += 60;
      const { entry } = await look();
      expect(entry).toMatchObject({ kind: 'canary-started', version: 2, evidence: { samples: 399, largest: 0.2 } });
      expect(await registry.state('m')).toMatchObject({ shadow: null, challengers: [{ version: 2, weight: 0.25 }] });
    });

    it('waits while that is not clear, and stops when they surely disagree', async () => {
      await shadow();
      compared(200, 0.1);
      seconds += 60;
      expect((await look()).waiting).toContain('not clear yet: disagrees in 10.0 % of 200 answers');
      compared(400, 0.3);
      seconds += 60;
      expect((await look()).entry).toMatchObject({ kind: 'shadow-stopped', version: 2 });
      expect(await registry.state('m')).toMatchObject({ shadow: null, challengers: [], quarantined: [] });
    });
  });

  describe('an A/B test', () => {
    const start = (own: Partial<Hypothesis> = {}) =>
      apply({ type: 'start-test', version: 2, weight: 0.5, hypothesis: { ...hypothesis, ...own }, reason: 'r' });
    const minutes = async (count: number, wrong: number) => {
      for (let i = 0; i < 6 * count; i++) {
        seconds += 10;
        serve(1, 'champion', 40, { wrong: 0.3 });
        serve(2, 'challenger', 40, { wrong });
        if (i % 6 !== 5) continue;
        const { entry } = await look();
        if (entry) return entry;
      }
      return undefined;
    };

    it('keeps its share, is decided for the better, and promotes the winner with the evidence', async () => {
      await start();
      const entry = await minutes(30, 0.2);
      expect(entry).toMatchObject({
        kind: 'promoted',
        version: 2,
        evidence: { outcome: 'better', hypothesis: { metric: 'PredictionError' } },
      });
      expect(entry!.reason).toContain('the challenger is better');
      expect(await registry.state('m')).toMatchObject({ champion: 2, previous: [1], challengers: [] });
    });

    it('ends without a winner when it is worse, and bars nobody', async () => {
      await start();
      expect(await minutes(30, 0.45)).toMatchObject({ kind: 'test-ended', evidence: { outcome: 'worse' } });
      expect(await registry.state('m')).toMatchObject({ champion: 1, challengers: [], quarantined: [] });
    });

    it('ends when nothing that matters can be left to find', async () => {
      await start();
      const entry = await minutes(40, 0.3);
      expect(entry).toMatchObject({ kind: 'test-ended' });
      expect(['no-difference', 'inconclusive']).toContain((entry!.evidence as { outcome: string }).outcome);
    });

    it('is not ended by the last step of a canary beside it', async () => {
      await start();
      await canary(3);
      await apply({ type: 'advance', version: 3, reason: 'r' }).catch(() => undefined);
      seconds = 290;
      // Too early to say anything of the test; the canary cannot have half beside it.
      expect((await look()).waiting).toContain('version 3: the step has held');
    });
  });
});
