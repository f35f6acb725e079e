import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { route } from '../../core/serving/route.ts';
import type { LocalRuntime } from '../../local-runtime/local-runtime.ts';
import { countsOf, essence, outcomesOf, truthPairsOf, verdictOf } from './compare.ts';
import { RowModel, type SeenAnswer, startRows } from './row-fixture.ts';
import { type CountedReplay, type CountedTraffic, playCounts } from './same-counts.ts';
import { chance, ENTRIES, isPositive, scoresBy, wrongAbout } from './table-model.ts';

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRows();
});
afterAll(() => runtime.close());

const GOOD = { scores: wrongAbout(0.1) };
const BAD = { scores: wrongAbout(0.4, 2) };
/** Fails whatever is asked, but for one entry that nobody asks about. */
const BROKEN = { scores: [0.5] };
/** No entry of any table. */
const NOWHERE = ENTRIES + 1;
const NO_PAIRS = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };
const NO_ANSWERS = {
  n: 0,
  disagree: 0,
  notFinite: 0,
  distinctInputs: 0,
  distinctAnswers: 0,
  referenceNotFinite: 0,
  referenceDistinct: null,
  rankCorrelation: null,
};

const isFailed = ({ status }: SeenAnswer): boolean => status >= 500;
const of = (seen: readonly SeenAnswer[], version: number) => seen.filter((each) => each.version === version);
const champion = (version: number, traffic: Omit<CountedTraffic, 'version' | 'variant'>): CountedTraffic => ({
  ...{ version, variant: 'champion' },
  ...traffic,
});
const challenger = (traffic: Omit<CountedTraffic, 'version' | 'variant'>): CountedTraffic => ({
  ...{ version: 2, variant: 'challenger' },
  ...traffic,
});
const release = (version: number) => ({ type: 'release', version, reason: 'test' }) as const;
const canary = (share: number) => ({ type: 'start-canary', version: 2, steps: [share, 1], reason: 'test' }) as const;
const replayOf = (of: Partial<CountedReplay>): CountedReplay => ({
  ...{ suspect: 2, reference: 1, asked: 0, failures: NO_PAIRS, answers: NO_ANSWERS, truth: [] },
  ...of,
});
const only = <T>(found: readonly T[]): T => {
  if (found.length !== 1) throw new Error(`${found.length} instead of one: ${JSON.stringify(found)}`);
  return found[0]!;
};

describe.concurrent('the judge over a running installation', () => {
  it.each([
    [0.05, 400],
    [0.25, 100],
    [0.5, 60],
  ])('row 1: takes a canary at a share of %d back that fails every request', async (share, requests) => {
    const model = new RowModel(runtime, `row-1-${100 * share}`);
    model.rows(1);
    await model.release(await model.register(GOOD));
    await model.canary(await model.register(BROKEN), share);
    const seen = await model.send(model.rows(requests));
    const entry = await model.entry('canary-aborted');

    const failed = seen.filter(isFailed).length;
    expect(of(seen, 1).length + failed).toBe(requests);
    expect(countsOf(entry, 'failures')).toEqual({
      suspect: { n: failed, bad: failed },
      reference: { n: requests - failed, bad: 0 },
    });
    // So clear a case is not waited for; what was asked again by then agrees.
    for (const { failures } of await model.replays(2))
      expect(failures).toEqual({ n: failures.n, both: 0, suspectOnly: failures.n, referenceOnly: 0 });
    const traffic = [champion(1, { requests: requests - failed }), challenger({ requests: failed, failed })];
    const simulated = await playCounts({
      acts: [
        { command: release(1), traffic: [] },
        { command: canary(share), traffic },
      ],
    });
    expect(essence(entry)).toEqual(essence(only(simulated), entry));
    expect(entry).toMatchObject({ version: 1, evidence: { cause: 'model', action: 'take-back' } });
  });

  it.each([
    ['asked again', {}],
    ['that cannot be asked again', { monitoring: { captureShare: 0 } }],
  ])('row 2: takes a fresh champion back that fails every request, %s', async (name, manifest) => {
    const model = new RowModel(runtime, `row-2-${name.length}`, manifest);
    model.rows(1);
    await model.release(await model.register(GOOD));
    const before = await model.send(model.rows(120));
    await model.release(await model.register(BROKEN));
    const seen = await model.send(model.rows(18));
    const entry = await model.entry('rolled-back');

    expect([before.filter(isFailed).length, seen.filter(isFailed).length]).toEqual([0, 18]);
    const asks = Object.keys(manifest).length === 0;
    expect(countsOf(entry, asks ? 'failures, asked again' : 'failures')).toEqual({
      suspect: { n: 18, bad: 18 },
      reference: { n: asks ? 18 : 120, bad: 0 },
    });
    const simulated = await playCounts({
      ...manifest,
      acts: [
        { command: release(1), traffic: [champion(1, { requests: 120 })] },
        { command: release(2), traffic: [champion(2, { requests: 18, failed: 18 })] },
      ],
      replays: asks ? [replayOf({ asked: 18, failures: { ...NO_PAIRS, n: 18, suspectOnly: 18 } })] : [],
    });
    const outcome = { kind: 'rolled-back', cause: 'model', champion: 1, quarantined: [2] };
    expect(essence(entry)).toMatchObject(outcome);
    if (asks) {
      // Pairs may be known before the period of the metrics is over: then what began with the release is not yet.
      expect(essence(only(simulated), entry)).toMatchObject(outcome);
      expect(countsOf(only(simulated), 'failures, asked again')).toEqual(countsOf(entry, 'failures, asked again'));
    } else expect(essence(entry)).toEqual(essence(only(simulated), entry));
  });

  it('row 7: takes a canary back that never says "positive"', async () => {
    // One in four is late, and the champion finds three in ten of those.
    const truthOf = ({ x }: { readonly x: number }): boolean => chance(x, 3) < 0.24;
    const finding = scoresBy((x) => {
      const says = truthOf({ x }) ? chance(x, 4) < 0.29 : chance(x, 4) > 0.9;
      return (says ? 0.5 : 0) + 0.499 * chance(x, 7);
    });
    const never = scoresBy((x) => 0.499 * chance(x, 7));
    const model = new RowModel(runtime, 'row-7');
    await model.release(await model.register({ scores: finding }));
    await model.canary(await model.register({ scores: never }), 0.5);
    const seen = await model.send(model.rows(1_000));
    await model.truths(seen, truthOf);
    const entry = await model.entry('canary-aborted');

    const [own, others] = [of(seen, 2), of(seen, 1)];
    const [suspect, reference] = [
      { scores: never, truthOf },
      { scores: finding, truthOf },
    ];
    const [a, b] = [outcomesOf(own, suspect), outcomesOf(others, reference)];
    expect(countsOf(entry, 'missed')).toEqual({
      suspect: { n: a[2] + a[3], bad: a[2] + a[3] },
      reference: { n: b[2] + b[3], bad: b[2] },
    });
    const truth = truthPairsOf(own, suspect, reference);
    const isAsked = countsOf(entry, 'missed about the same rows') !== undefined;
    if (isAsked) {
      const tally = only(await model.replays(2));
      expect(tally.asked).toBe(own.length);
      for (const pairs of truth) expect(tally.truth).toContainEqual(expect.objectContaining(pairs));
    }
    const simulated = await playCounts({
      acts: [
        { command: release(1), traffic: [] },
        {
          command: canary(0.5),
          traffic: [
            champion(1, { requests: others.length, outcomes: b }),
            challenger({ requests: own.length, outcomes: a }),
          ],
        },
      ],
      replays: isAsked ? [replayOf({ asked: own.length, truth })] : [],
    });
    expect(essence(entry)).toEqual(essence(only(simulated), entry));
    expect(essence(entry)).toMatchObject({ cause: 'model', champion: 1, quarantined: [2] });
  });

  describe('row 10: without any truth', () => {
    /** What the canary says of rows as they were at registration, and later, when another column has other values. */
    const later = (x: number): number => x + ENTRIES / 2;
    const asThen = (score: (x: number) => number): number[] =>
      scoresBy((x) => (x < ENTRIES / 2 ? GOOD.scores[x]! : score(x - ENTRIES / 2)));

    /** A canary that decides by a column which is the same as the champion's at first. */
    async function started(name: string, table: { scores: readonly number[]; input?: 'x' | 'lag' }) {
      const model = new RowModel(runtime, `row-10-${name}`);
      await model.release(await model.register(GOOD));
      await model.send(model.rows(300));
      await runtime.flush();
      await model.canary(await model.register(table), 0.5);
      return model;
    }

    it('takes a canary back whose answers are no numbers', async () => {
      const model = await started('nan', { input: 'lag', scores: asThen(() => Number.NaN) });
      const seen = await model.send(model.rows(300, (x) => ({ lag: later(x) })));
      const entry = await model.entry('canary-aborted');
      const own = of(seen, 2).length;
      expect(entry.reason).toContain(
        `100 % of ${own} answers are no finite number, 0 % of those of the version that it is held against`,
      );
      const simulated = await playCounts({
        acts: [
          { command: release(1), traffic: [] },
          { command: canary(0.5), traffic: [champion(1, { requests: 300 - own }), challenger({ requests: own })] },
        ],
        replays: [replayOf({ asked: own, answers: only(await model.replays(2)).answers })],
      });
      expect(essence(entry)).toEqual(essence(only(simulated), entry));
      expect(essence(entry)).toMatchObject({ kind: 'canary-aborted', cause: 'model', quarantined: [2] });
    });

    it('takes a canary back whose answers are all the same', async () => {
      const model = await started('constant', { input: 'lag', scores: asThen(() => 0.3) });
      const seen = await model.send(model.rows(300, (x) => ({ lag: later(x) })));
      const entry = await model.entry('canary-aborted');
      const own = of(seen, 2).length;
      expect(only(await model.replays(2)).answers).toMatchObject({ n: own, distinctInputs: own, distinctAnswers: 1 });
      expect(entry.reason).toContain(`its answers to ${own} different rows are all the same`);
      expect(essence(entry)).toMatchObject({ kind: 'canary-aborted', cause: 'model', quarantined: [2] });
    });

    it('asks a person about a canary whose answers belong to other requests', async () => {
      const model = await started('shuffled', { input: 'lag', scores: GOOD.scores });
      // The column holds what another request asked about.
      const seen = await model.send(model.rows(300, (x) => ({ lag: Math.floor(ENTRIES * chance(x, 5)) })));
      const entry = await model.entry('canary-waits');
      const own = of(seen, 2);
      const disagree = own.filter(({ x, lag = x }) => GOOD.scores[x]! >= 0.5 !== GOOD.scores[lag]! >= 0.5).length;
      expect(only(await model.replays(2)).answers).toMatchObject({ n: own.length, disagree });
      expect(verdictOf(entry)).toMatchObject({ cause: 'unclear', action: 'ask-person' });
      expect(entry.reason).toContain('its answers are unlike those at registration');
      expect(entry.reason).toContain(
        `of ${own.length} rows are decided otherwise than by the champion, 0 % of 300 then`,
      );
      expect((await model.registry.state(model.name)).quarantined).toEqual([]);
    });

    it('promotes an honest retrain', async () => {
      const model = new RowModel(runtime, 'row-10-honest', { rollout: { stepSeconds: 1 } });
      await model.release(await model.register(GOOD));
      await model.send(model.rows(300));
      await runtime.flush();
      const retrained = GOOD.scores.map((score, x) => (chance(x, 6) < 0.05 ? 0.999 - score : score));
      await model.canary(await model.register({ scores: retrained }), 0.5);
      const seen = await model.sendOverPeriods(model.rows(4_000));
      const entry = await model.entry('promoted', 'canary-aborted', 'canary-waits');
      const own = of(seen, 2).length;
      const { suspect, reference } = countsOf(entry, 'failures')!;
      expect([suspect.bad, reference.bad]).toEqual([0, 0]);
      expect(suspect.n).toBeLessThanOrEqual(own);
      expect(reference.n).toBeLessThanOrEqual(4_000 - own);
      expect(entry.kind).toBe('promoted');
      expect((await model.registry.state(model.name)).champion).toBe(2);
    });
  });

  it('row 15: takes a champion back that was bad from the start, by what its predecessor says of the same', async () => {
    const truthOf = ({ x }: { readonly x: number }): boolean => isPositive(x);
    const [good, bad] = [
      { ...GOOD, truthOf },
      { ...BAD, truthOf },
    ];
    const model = new RowModel(runtime, 'row-15');
    await model.release(await model.register(GOOD));
    const before = await model.send(model.rows(150));
    await model.truths(before, truthOf);
    await model.release(await model.register(BAD));
    const seen = await model.send(model.rows(250));
    await model.until(async () => (await model.replays(2)).some(({ answers }) => answers.n === 250));
    expect(await model.written()).toEqual([]);
    await model.truths(seen, truthOf);
    const entry = await model.entry('rolled-back');

    const truth = truthPairsOf(seen, bad, good);
    const tally = only(await model.replays(2));
    for (const pairs of truth) expect(tally.truth).toContainEqual(expect.objectContaining(pairs));
    for (const { metric, pairs } of truth) {
      const name = metric === 'recall' ? 'missed' : 'false positives among negatives';
      expect(countsOf(entry, `${name} about the same rows`)).toEqual({
        suspect: { n: pairs.n, bad: pairs.both + pairs.suspectOnly },
        reference: { n: pairs.n, bad: pairs.both + pairs.referenceOnly },
      });
    }
    const simulated = await playCounts({
      acts: [
        { command: release(1), traffic: [champion(1, { requests: 150, outcomes: outcomesOf(before, good) })] },
        { command: release(2), traffic: [champion(2, { requests: 250, outcomes: outcomesOf(seen, bad) })] },
      ],
      replays: [replayOf({ asked: 250, answers: tally.answers, truth })],
    });
    expect(essence(entry)).toEqual(essence(only(simulated), entry));
    expect(essence(entry)).toMatchObject({ cause: 'model', champion: 1, quarantined: [2], retraining: null });
  });

  const EAGER = { monitoring: { periodSeconds: 10, datapointsToAlarm: 1, evaluationPeriods: 1 } };
  it.each([
    ['a week after', 6.9],
    ['at', 0],
  ])('row 16: holds what every version fails, %s a promotion', async (name, daysAgo) => {
    const model = new RowModel(runtime, `row-16-${name.length}`, EAGER);
    await model.release(await model.register(GOOD, daysAgo + 2), daysAgo + 1);
    const before = daysAgo === 0 ? await model.send(model.rows(120)) : [];
    await model.release(await model.register({ scores: wrongAbout(0.05) }, daysAgo), daysAgo);
    const seen = await model.send(model.rows(60, (x) => ({ x: NOWHERE + x })));
    const entry = await model.entry('infrastructure-held', 'rolled-back', 'data-held', 'unclear-held');

    expect(seen.every(isFailed)).toBe(true);
    const failures = { n: 60, both: 60, suspectOnly: 0, referenceOnly: 0 };
    // The entry may come before all were asked again.
    await model.until(async () => (await model.replays(2)).some((tally) => tally.failures.n === 60));
    expect(only(await model.replays(2)).failures).toEqual(failures);
    const asked = countsOf(entry, 'failures, asked again')?.suspect.n;
    const simulated = await playCounts({
      ...EAGER,
      acts: [
        { command: release(1), daysAgo: daysAgo + 1, traffic: [champion(1, { requests: before.length })] },
        {
          command: release(2),
          ...(daysAgo === 0 ? {} : { daysAgo }),
          traffic: [champion(2, { requests: 60, failed: 60 })],
        },
      ],
      replays: asked === undefined ? [] : [replayOf({ asked, failures: { ...failures, n: asked, both: asked } })],
    });
    expect(essence(entry)).toEqual(essence(only(simulated), entry));
    expect(essence(entry)).toMatchObject({
      ...{ kind: 'infrastructure-held', cause: 'infrastructure', about: ['Failure'] },
      ...{ champion: 2, quarantined: [], retraining: null },
    });
  });

  it('row 20: names a column that is empty, and neither rolls back nor asks for retraining', async () => {
    const truthOf = ({ x }: { readonly x: number }): boolean => isPositive(x);
    const model = new RowModel(runtime, 'row-20', EAGER);
    await model.release(await model.register(GOOD));
    await model.truths(await model.send(model.rows(120)), truthOf);
    await model.release(await model.register({ scores: wrongAbout(0.1, 8) }));
    const seen = await model.send(model.rows(250, () => ({ weight: null })));
    // Every version is wrong more often for it.
    await model.truths(seen, ({ x }) => isPositive(x) !== chance(x, 9) < 0.3);
    const entry = await model.entry(
      'data-held',
      'rolled-back',
      'infrastructure-held',
      'unclear-held',
      'retraining-requested',
    );

    expect(entry.reason).toContain('column weight is empty in 100 % of 250 requests, where 0 % is usual');
    expect(essence(entry)).toMatchObject({
      ...{ kind: 'data-held', cause: 'data', about: ['column weight is empty'] },
      ...{ champion: 2, quarantined: [], retraining: null },
    });
    const simulated = await playCounts({
      acts: [
        { command: release(1), traffic: [champion(1, { requests: 120 })] },
        { command: release(2), traffic: [champion(2, { requests: 250, missing: { weight: 250 } })] },
      ],
    });
    expect(verdictOf(only(simulated)).reason).toBe(verdictOf(entry).reason);
    await model.pause(5_000);
    expect(await model.written()).toEqual(['data-held']);
  });

  describe('row 23: who sends truths', () => {
    const truthOf = ({ x }: { readonly x: number }): boolean => isPositive(x);

    it('counts rows once that one caller repeats with false truths, and says so', async () => {
      const model = new RowModel(runtime, 'row-23-repeats', {
        rollout: { stepSeconds: 1 },
        quality: { patience: '30s' },
      });
      await model.release(await model.register(GOOD));
      const { state } = await model.canary(await model.register({ scores: wrongAbout(0.1, 8) }), 0.5);
      const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`);
      const routingKey = keys.find((key) => route(model.name, state, key)?.version === 2)!;
      const ordinary = model.rows(200);
      const [own] = model.rows(1);
      const repeated = Array.from({ length: 120 }, () => own!);
      const seen = await model.send(
        [...ordinary, ...repeated],
        [
          ...ordinary.map((_, i) => ({ caller: `caller-${i}` })),
          ...repeated.map(() => ({ caller: 'mallory', routingKey })),
        ],
      );
      const wrong = GOOD.scores[own!.x]! < 0.5;
      await model.truths(seen, (each) => (each.x === own!.x ? wrong : truthOf(each)));
      const entry = await model.entry('canary-aborted', 'canary-waits', 'promoted');

      const canaryRows = of(seen, 2);
      expect(canaryRows.filter(({ x }) => x === own!.x)).toHaveLength(120);
      expect(verdictOf(entry)).toMatchObject({ cause: 'unclear', action: 'ask-person' });
      expect(entry.reason).toContain(
        `119 of ${canaryRows.length} truths of version 2 are of a caller’s repeated rows, which count once`,
      );
      expect(essence(entry)).toMatchObject({ kind: 'canary-waits', champion: 1, quarantined: [] });
    });

    it('counts all truths that one job sends', async () => {
      const [good, bad] = [
        { ...GOOD, truthOf },
        { ...BAD, truthOf },
      ];
      const model = new RowModel(runtime, 'row-23-job', { truth: { expected: true } });
      await model.release(await model.register(GOOD));
      await model.canary(await model.register(BAD), 0.5);
      const rows = model.rows(600);
      const seen = await model.send(
        rows,
        rows.map((_, i) => ({ caller: `caller-${i}` })),
      );
      await model.truths(seen, truthOf, { caller: 'nightly-job' });
      const entry = await model.entry('canary-aborted', 'canary-waits', 'promoted');

      const [a, b] = [outcomesOf(of(seen, 2), bad), outcomesOf(of(seen, 1), good)];
      expect(countsOf(entry, 'missed')).toEqual({
        suspect: { n: a[2] + a[3], bad: a[2] },
        reference: { n: b[2] + b[3], bad: b[2] },
      });
      expect(countsOf(entry, 'false positives among negatives')).toEqual({
        suspect: { n: a[0] + a[1], bad: a[1] },
        reference: { n: b[0] + b[1], bad: b[1] },
      });
      expect(essence(entry)).toMatchObject({ kind: 'canary-aborted', cause: 'model', quarantined: [2] });
    });
  });
});
