import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PersonNeeded } from '../../../events/schemas.ts';
import type { EndpointProbe } from '../../../platform/ports.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { AlarmEvaluator } from '../../../usecases/release/alarm-evaluator.ts';
import { withBoundedEvidence } from '../../../usecases/release/bounded-evidence.ts';
import { describeStatus } from '../../../usecases/release/describe-status.ts';
import { ReleaseFixture, T0 } from './release-fixture.ts';

const HOUR = 3_600;

describe('what the judge asks of a person', () => {
  let fixture: ReleaseFixture;
  let alarms: AlarmEvaluator;
  let pages: string[];
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 1], stepSeconds: 300 });
    alarms = new AlarmEvaluator(fixture.home);
    pages = [];
  });

  const look = (probe: EndpointProbe = fixture.following) =>
    advanceRollouts(fixture.home, fixture.home.clock.now(), probe, { waitSeconds: 0 });
  /** Looks once a minute until a second, with what happens meanwhile, and evaluates alarms as CloudWatch does. */
  async function until(seconds: number, meanwhile: () => void = () => undefined, every = 60): Promise<void> {
    while (fixture.seconds < seconds) {
      const next = fixture.seconds + every;
      for (const before of [50, 40, 30, 20]) {
        fixture.seconds = next - before;
        meanwhile();
      }
      fixture.seconds = next;
      await look();
      await alarms.evaluate({
        onAlarm: async () => undefined,
        onPage: ({ metric }, { to }) => pages.push(`${fixture.seconds} ${metric} ${to}`),
      });
    }
  }
  const told = () =>
    readFileSync(path.join(fixture.home.folder, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ detailType }) => detailType === 'Person Needed')
      .map(({ detail }) => PersonNeeded.parse(detail));
  const failing = () => fixture.serve(1, 'champion', 30, { failure: 0.5 });
  const well = () => fixture.serve(1, 'champion', 30);
  const asked = async () => (await describeStatus(fixture.home, fixture.registry, 'm')).models[0]!.asked;

  it('is a page, a message with the reason and one entry, however long it lasts; then an OK', async () => {
    await until(600, well);
    expect(pages).toEqual([]);
    await until(2_400, failing);
    expect(pages).toEqual([expect.stringMatching(/^[6-9]\d\d NeedsPerson ALARM$/)]);
    expect(await asked()).toMatchObject([
      { cause: 'infrastructure', about: ['Failure'], runbook: 'infrastructure.md' },
    ]);
    expect(told()).toMatchObject([{ what: 'asked', environment: 'local', model: 'm' }]);
    expect(told()[0]!.text).toContain('Failure: version 1, which alone has traffic, has more than the usual 10 %');
    await until(5_400, well);
    expect(pages.slice(1)).toEqual([expect.stringMatching(/^\d+ NeedsPerson OK$/)]);
    expect(told().map(({ what }) => what)).toEqual(['asked', 'settled']);
    expect(await asked()).toEqual([]);
    expect((await fixture.kinds()).filter((kind) => kind.endsWith('-held'))).toEqual(['infrastructure-held']);
  });

  it('is said again once a day without another entry', async () => {
    await fixture.apply({ type: 'request-retraining', reason: 'r' });
    await until(50 * HOUR, () => undefined, HOUR);
    expect(told().map(({ what }) => what)).toEqual(['asked', 'reminder', 'reminder']);
    expect((await fixture.kinds()).at(-1)).toBe('retraining-requested');
    expect(await asked()).toMatchObject([{ cause: 'drift', runbook: 'drift.md' }]);
  });

  it('is one request for retraining until what was registered for it is released, and says what it waits for', async () => {
    const wrong = () => fixture.serve(1, 'champion', 30, { wrong: 0.9 });
    const requests = async () => (await fixture.kinds()).filter((kind) => kind === 'retraining-requested').length;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.apply({ type: 'release', version: 1, reason: 'r' });
    await until(10 * HOUR, well, 600);
    await until(11 * HOUR, wrong);
    expect(await requests()).toBe(1);
    expect(await asked()).toMatchObject([
      { key: 'drift', version: null, reason: expect.stringContaining('no version was') },
    ]);
    await fixture.register(4, { steps: [0.25, 1], stepSeconds: 300, mode: 'act' });
    await until(11 * HOUR + 600, wrong);
    expect(await requests()).toBe(1);
    expect(await asked()).toMatchObject([
      {
        key: 'drift',
        version: 4,
        reason: expect.stringContaining('version 4, registered since, waits to be released'),
      },
    ]);
    const canary = { type: 'start-canary', version: 4, steps: [0.25, 1], reason: 'r' } as const;
    await fixture.apply(canary);
    await look();
    expect(await asked()).toEqual([]);
    await fixture.apply({ type: 'abort-canary', quarantine: true, reason: 'r' });
    await look();
    expect((await asked())![0]!.reason).toContain('version 4, registered since, may not be released');
    expect(await requests()).toBe(1);
    await fixture.apply({ type: 'lift-quarantine', version: 4, reason: 'r' });
    await fixture.apply({ type: 'release', version: 4, reason: 'r' });
    await look();
    expect(await asked()).toEqual([]);
    expect((await fixture.registry.state('m')).retraining).toBeNull();
  });

  it('is asked no longer once the drift has been over for a day, and again when it is back, of the same request', async () => {
    const wrong = () => fixture.serve(1, 'champion', 30, { wrong: 0.9 });
    const right = () => fixture.serve(1, 'champion', 30, { wrong: 0.05 });
    const requests = async () => (await fixture.kinds()).filter((kind) => kind === 'retraining-requested').length;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.apply({ type: 'release', version: 1, reason: 'r' });
    await until(10 * HOUR, right, 1_800);
    await until(11 * HOUR, wrong, 120);
    expect(await asked()).toMatchObject([{ cause: 'drift' }]);
    await until(34 * HOUR, right, 1_800);
    expect(await asked()).toMatchObject([{ cause: 'drift' }]);
    await until(38 * HOUR, right, 1_800);
    expect(await asked()).toEqual([]);
    expect(told().at(-1)!.what).toBe('settled');
    await until(39 * HOUR, wrong, 120);
    expect(await asked()).toMatchObject([{ cause: 'drift' }]);
    expect(await requests()).toBe(1);
  }, 90_000);

  it('is one entry for trouble that lasts for days', async () => {
    await until(30 * HOUR, failing, 1_800);
    expect((await fixture.kinds()).filter((kind) => kind.endsWith('-held'))).toEqual(['infrastructure-held']);
  });

  it('is asked where the endpoint does not follow a rollback, after ten minutes', async () => {
    await fixture.apply({ type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
    await fixture.apply({ type: 'promote', version: 2, reason: 'r' });
    await fixture.apply({ type: 'roll-back', quarantine: true, reason: 'r' });
    const deaf: EndpointProbe = { report: () => Promise.reject(new Error('no answer')) };
    fixture.seconds = 540;
    await look(deaf);
    expect(await asked()).toEqual([]);
    fixture.seconds = 660;
    await look(deaf);
    expect(await asked()).toMatchObject([{ key: 'rollback-unseen', runbook: 'rollback-unseen.md' }]);
    await look();
    expect(await asked()).toEqual([]);
  });

  it('covers a model that was never deployed anything for', async () => {
    await until(600, failing);
    expect(pages.length).toBeGreaterThan(0);
    const { paging } = await describeStatus(fixture.home, fixture.registry, 'm');
    expect(paging).toMatchObject([
      { alarm: 'Trimtab-local-NeedsPerson', state: 'ALARM' },
      { alarm: 'Trimtab-local-JudgeHeartbeat', state: 'OK' },
      { alarm: 'Trimtab-local-BookkeepingFailure', state: 'OK' },
    ]);
  });

  it('does not page for first data, and pages when looks end', async () => {
    await alarms.evaluate({ onAlarm: async () => undefined, onPage: ({ metric }) => pages.push(metric) });
    await until(1_200, well);
    expect(pages).toEqual([]);
    while (fixture.seconds < 2_400) {
      fixture.seconds += 60;
      await alarms.evaluate({ onAlarm: async () => undefined, onPage: ({ metric }) => pages.push(metric) });
    }
    expect(pages).toEqual(['JudgeHeartbeat']);
  });

  it('is not said by a look that fails at a model, whose heart does not beat', async () => {
    const ledger = new Proxy(fixture.home.ledger, {
      get: (own, name) => {
        if (name === 'models') return async () => ['gone', 'm'];
        const member = own[name as keyof typeof own] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (args[0] === 'gone') throw new Error('unreadable');
          return member.apply(own, args);
        };
      },
    });
    const home = { ...fixture.home, ledger };
    await expect(advanceRollouts(home, fixture.home.clock.now(), fixture.following)).rejects.toThrow('2 rollouts');
    const [point] = await fixture.home.metrics.query({
      metric: 'JudgeHeartbeat',
      dimensions: { Environment: 'local' },
      statistic: 'Maximum',
      periodSeconds: 60,
      from: new Date(T0),
      to: new Date(T0 + 60_000),
    });
    expect(point?.value).toBe(0);
  });

  it('rests on evidence that an entry holds; what is more is kept beside it', async () => {
    const findings = Array.from({ length: 2_000 }, (_, i) => ({ metric: `wrong decisions ${i}`, bad: i }));
    const evidence = { version: 1, cause: 'data', findings, reason: 'r', missing: [] };
    const command = { type: 'hold', because: 'data', reason: 'r', evidence } as const;
    const bounded = await withBoundedEvidence(fixture.home, 'm', command);
    const entry = await fixture.apply(bounded);
    expect(JSON.stringify(entry.evidence).length).toBeLessThanOrEqual(32 * 1_024);
    const kept = entry.evidence as unknown as typeof evidence & { whole: { key: string; bytes: number } };
    expect(kept).toMatchObject({ version: 1, cause: 'data', reason: 'r' });
    expect(kept.findings.length).toBeGreaterThan(500);
    expect(kept.findings).toEqual(findings.slice(0, kept.findings.length));
    const whole = new TextDecoder().decode(await fixture.home.data.get(kept.whole.key));
    expect(JSON.parse(whole)).toEqual(evidence);
    expect(kept.whole.bytes).toBe(whole.length);
    const small = { ...command, evidence: { version: 1 } };
    expect(await withBoundedEvidence(fixture.home, 'm', small)).toBe(small);
  });
});
