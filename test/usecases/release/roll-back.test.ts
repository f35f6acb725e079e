import { beforeEach, describe, expect, it } from 'vitest';
import type { AlarmTransition } from '../../../core/alarms/alarm.ts';
import type { EndpointProbe } from '../../../platform/ports.ts';
import { newestRevision } from '../../../platform/snapshots.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { advanceRollouts } from '../../../usecases/release/advance-rollouts.ts';
import { rollBack } from '../../../usecases/release/roll-back.ts';
import { ReleaseFixture, T0 } from './release-fixture.ts';

describe('rollBack', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [0.25, 1], stepSeconds: 300 });
  });

  const canary = () => fixture.apply({ type: 'start-canary', version: 2, steps: [0.25, 1], reason: 'r' });
  const alarm = (variant = 'challenger', metric = 'Failure'): AlarmTransition => ({
    alarm: `trimtab.local.m.${variant}.${metric}`,
    model: 'm',
    from: 'OK',
    to: 'ALARM',
    at: new Date(T0 + fixture.seconds * 1_000).toISOString(),
    reason: 'r',
  });
  const deaf: EndpointProbe = { report: async () => ({ revision: 5, champion: 2, challengers: [] }) };
  const answer = (transition = alarm(), probe: EndpointProbe = fixture.following) =>
    rollBack(fixture.home, probe, transition, { waitSeconds: 0 });
  /** Both answer for a while; periods that are over by then are read. */
  const both = (champion: object, challenger: object) => {
    fixture.seconds = 15;
    fixture.serve(1, 'champion', 90, champion);
    fixture.serve(2, 'challenger', 30, challenger);
    fixture.seconds = 25;
  };

  it('takes a bad canary back, bars it, and sees the endpoint follow', async () => {
    await canary();
    both({}, { failure: 0.5 });
    const entry = await answer();
    expect(entry).toMatchObject({ kind: 'canary-aborted', actor: 'function:rollback', version: 1 });
    expect(entry!.evidence).toMatchObject({ cause: 'model', action: 'take-back', version: 2 });
    expect(entry!.reason).toContain('failures: 50 % of 30 against 0 % of 90: worse');
    const state = await fixture.registry.state('m');
    expect(state).toMatchObject({ champion: 1, challengers: [], awaiting: null, quarantined: [{ version: 2 }] });
    expect((await fixture.kinds()).slice(-2)).toEqual(['canary-aborted', 'rollback-verified']);
  });

  it('gives the same entry to a second delivery, and several at once make one', async () => {
    await canary();
    both({}, { failure: 0.5 });
    const transition = alarm();
    const answers = await Promise.all([1, 2, 3].map(() => answer(transition)));
    expect(new Set(answers.map((entry) => entry?.number)).size).toBe(1);
    expect(await answer(transition)).toEqual(answers[0]);
    expect((await fixture.kinds()).filter((kind) => kind === 'canary-aborted')).toHaveLength(1);
    expect((await fixture.kinds()).filter((kind) => kind === 'rollback-verified')).toHaveLength(1);
  });

  it('says nothing of a release where the alarm is from before it', async () => {
    fixture.seconds = 5;
    fixture.serve(1, 'champion', 90, { failure: 0.5 });
    fixture.seconds = 15;
    const stale = alarm('champion');
    fixture.seconds = 20;
    await canary();
    fixture.seconds = 25;
    expect(await answer(stale)).toBeUndefined();
    expect((await fixture.kinds()).at(-1)).toBe('canary-started');
  });

  it('looks at what the alarm was evaluated by, however late its delivery', async () => {
    await canary();
    both({ failure: 0.5 }, { failure: 0.5 });
    const transition = alarm('champion');
    const evaluated = {
      from: new Date(T0).toISOString(),
      to: new Date(T0 + 20_000).toISOString(),
    };
    // Two hours later all is well.
    fixture.seconds = 7_200;
    fixture.serve(1, 'champion', 90);
    fixture.seconds = 7_230;
    expect(await answer(transition)).toBeUndefined();
    expect(await answer({ ...transition, evaluated })).toMatchObject({
      kind: 'infrastructure-held',
      evidence: { cause: 'infrastructure', about: ['Failure'] },
    });
  });

  it('asks for a person within the same run', async () => {
    await canary();
    both({ failure: 0.5 }, { failure: 0.5 });
    await answer(alarm('champion'));
    const [point] = await fixture.home.metrics.query({
      metric: 'NeedsPerson',
      dimensions: { Environment: 'local' },
      statistic: 'Maximum',
      periodSeconds: 60,
      from: new Date(T0),
      to: new Date(T0 + 60_000),
    });
    expect(point?.value).toBe(1);
  });

  it('asks for retraining, once, when all are wrong more often together', async () => {
    await canary();
    both({ wrong: 0.9 }, { wrong: 0.9 });
    const first = await answer(alarm('challenger', 'PredictionError'));
    expect(first).toMatchObject({
      kind: 'retraining-requested',
      cause: { alarm: 'trimtab.local.m.challenger.PredictionError' },
      evidence: { cause: 'drift' },
    });
    fixture.seconds = 26;
    expect(await answer(alarm('champion', 'PredictionError'))).toBeUndefined();
    expect((await fixture.registry.state('m')).challengers).toHaveLength(1);
  });

  it('asks a person about a first champion that is wrong, where nothing says that it was ever better', async () => {
    const serve = () => {
      fixture.serve(1, 'champion', 90, { wrong: 0.9 });
      fixture.seconds += 10;
    };
    fixture.seconds = 15;
    serve();
    const entry = await answer(alarm('champion', 'PredictionError'));
    expect(entry).toMatchObject({ kind: 'unclear-held', version: 1, evidence: { cause: 'unclear' } });
    expect(entry!.reason).toContain('no version to go back to, and no reference with labels');
    serve();
    expect(await answer(alarm('champion', 'PredictionError'))).toBeUndefined();
    // With a version that it came after, the world has turned.
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    fixture.seconds += 3_600;
    fixture.serve(2, 'champion', 90, { wrong: 0.9 });
    fixture.seconds += 10;
    expect(await answer(alarm('champion', 'PredictionError'))).toMatchObject({ kind: 'retraining-requested' });
  });

  it('holds, and says so once, when all fail together', async () => {
    await canary();
    both({ failure: 0.5 }, { failure: 0.5 });
    expect(await answer()).toMatchObject({ kind: 'infrastructure-held', evidence: { cause: 'infrastructure' } });
    fixture.seconds = 26;
    expect(await answer(alarm('champion'))).toBeUndefined();
  });

  it('leaves no entry of an alarm that says nothing', async () => {
    await canary();
    both({}, {});
    const before = await fixture.kinds();
    expect(await answer()).toBeUndefined();
    expect(await fixture.kinds()).toEqual(before);
  });

  it('returns to the former champion when a version fails from its release on', async () => {
    fixture.serve(1, 'champion', 90);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    fixture.seconds = 115;
    fixture.serve(2, 'champion', 60, { failure: 0.9 });
    // By then its failures would have been asked again, if they could be.
    fixture.seconds = 225;
    const entry = await answer(alarm('champion'));
    expect(entry).toMatchObject({ kind: 'rolled-back', version: 1, evidence: { cause: 'model' } });
    expect(entry!.reason).toContain('before and after the release');
  });

  it('asks a person when a champion begins to fail soon after its release, after answers that were good', async () => {
    fixture.serve(1, 'champion', 90);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    fixture.seconds = 115;
    fixture.serve(2, 'champion', 60);
    fixture.seconds = 155;
    fixture.serve(2, 'champion', 60, { failure: 0.9 });
    fixture.seconds = 165;
    const entry = await answer(alarm('champion'));
    expect(entry).toMatchObject({ kind: 'unclear-held', reason: expect.not.stringContaining('every version') });
  });

  it('returns to the former champion when the first truths of a release are much worse', async () => {
    await fixture.truths(1, 600, 0.1);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.truths(2, 600, 0.5);
    fixture.seconds = 200;
    const [look] = await advanceRollouts(fixture.home, fixture.home.clock.now(), fixture.following);
    expect(look?.entry).toMatchObject({ kind: 'rolled-back', version: 1 });
    expect(look?.entry?.reason).toContain('missed: 50 % of 300 against 10 % of 300: worse');
  });

  it('asks a person about a champion that fails beside a challenger that does not', async () => {
    await canary();
    both({ failure: 1 }, {});
    const entry = await answer(alarm('champion'));
    expect(entry).toMatchObject({
      kind: 'unclear-held',
      version: 1,
      evidence: { cause: 'unclear', about: ['Failure'] },
    });
    expect(entry!.reason).toContain('version 1 100 % of 90, version 2 0 % of 30');
    expect((await fixture.registry.state('m')).challengers).toMatchObject([{ version: 2 }]);
  });

  it('says that a champion fails where of the challenger beside it too little is known', async () => {
    await canary();
    fixture.seconds = 15;
    fixture.serve(1, 'champion', 90, { failure: 0.5 });
    fixture.serve(2, 'challenger', 2);
    fixture.seconds = 25;
    const entry = await answer(alarm('champion'));
    expect(entry).toMatchObject({ kind: 'infrastructure-held', evidence: { cause: 'infrastructure' } });
    expect(entry!.reason).toContain('of the others too little is known: version 1 50 % of 90, version 2 0 % of 2');
  });

  it('asks for no retraining where a challenger decides better than the champion', async () => {
    await canary();
    both({ wrong: 0.9 }, { wrong: 0.1 });
    expect(await answer(alarm('champion', 'PredictionError'))).toBeUndefined();
  });

  it.each([
    ['does well', {}],
    ['fails alike', { failure: 0.9 }],
  ])('returns to the former champion though a canary %s, and the canary ends with it', async (_, challenger) => {
    fixture.serve(1, 'champion', 90);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.apply({ type: 'start-canary', version: 3, steps: [0.25, 1], reason: 'r' });
    fixture.seconds = 115;
    fixture.serve(2, 'champion', 60, { failure: 0.9 });
    fixture.serve(3, 'challenger', 20, challenger);
    // Not yet sure, and not what every version has.
    fixture.seconds = 130;
    expect(await answer(alarm('champion'))).toMatchObject({ kind: 'rolled-back', version: 1 });
    const { reason } = (await fixture.registry.history('m')).find(({ kind }) => kind === 'rolled-back')!;
    expect(reason).toContain('version 3 was held against it, ends with it and may be released again');
    const state = await fixture.registry.state('m');
    expect(state).toMatchObject({ champion: 1, challengers: [], quarantined: [{ version: 2 }] });
    await fixture.apply({ type: 'start-canary', version: 3, steps: [0.25, 1], reason: 'r' });
  });

  it('takes no step beside a champion that is to be taken back, and is not for now', async () => {
    await fixture.truths(1, 600, 0.1);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.truths(2, 600, 0.5);
    fixture.seconds = 110;
    await fixture.apply({ type: 'start-canary', version: 3, steps: [0.25, 1], reason: 'r' });
    const until = new Date(T0 + 86_400_000).toISOString();
    await fixture.apply({ type: 'freeze', until, reason: 'r' });
    for (let i = 0; i < 80; i++) {
      fixture.seconds += 10;
      fixture.serve(2, 'champion', 60);
      fixture.serve(3, 'challenger', 30);
    }
    await fixture.truths(2, 4_000, 0.5);
    await fixture.truths(3, 4_000, 0.45);
    fixture.seconds += 10;
    const look = async () => (await advanceRollouts(fixture.home, fixture.home.clock.now()))[0]!;
    expect((await look()).entry?.reason).toMatch(/^would go back from version 2 to version 1, but/);
    fixture.seconds += 10;
    expect((await look()).waiting).toContain('version 2, which it is held against, is itself in question');
  });

  it('proposes to go back from a bad champion that is no longer young, whatever came later', async () => {
    await fixture.truths(1, 600, 0.1);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.truths(2, 600, 0.5);
    fixture.seconds = 9 * 86_400;
    fixture.serve(2, 'champion', 90, { wrong: 0.9 });
    fixture.seconds += 10;
    const entry = await answer(alarm('champion', 'PredictionError'));
    expect(entry).toMatchObject({ kind: 'unclear-held', version: 2, evidence: { cause: 'model' } });
    expect(entry!.reason).toContain('but the release is 8 days old');
  });

  it('asks for retraining where a champion that was good while it was young is wrong later', async () => {
    await fixture.truths(1, 600, 0.1);
    fixture.seconds = 100;
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    await fixture.truths(2, 600, 0.1);
    fixture.seconds = 9 * 86_400;
    await fixture.truths(2, 600, 0.9);
    fixture.serve(2, 'champion', 90, { wrong: 0.9 });
    fixture.seconds += 10;
    expect(await answer(alarm('champion', 'PredictionError'))).toMatchObject({ kind: 'retraining-requested' });
  });

  it('leaves a rollback that is not seen awaited, and the scheduled look sees it later', async () => {
    await canary();
    both({}, { failure: 0.5 });
    await answer(alarm(), deaf);
    expect((await fixture.registry.state('m')).awaiting).toMatchObject({ target: 1 });
    expect(await advanceRollouts(fixture.home, fixture.home.clock.now(), fixture.following)).toMatchObject([
      { model: 'm', entry: { kind: 'rollback-verified' } },
    ]);
  });

  it('knows an alarm that is none of the model, and one of a model that is not registered, for foreign', async () => {
    const before = await fixture.kinds();
    const foreign = (transition: AlarmTransition, why: string) =>
      expect(answer(transition)).rejects.toThrow(
        expect.objectContaining({ name: 'ForeignAlarmError', message: expect.stringContaining(why) }),
      );
    await foreign(
      alarm('shadow'),
      'trimtab.local.m.shadow.Failure is no alarm of this registry: the alarms of m are: ',
    );
    await foreign({ ...alarm(), model: 'n' }, 'no model is named n');
    expect(await fixture.kinds()).toEqual(before);
  });

  describe('advanceRollouts', () => {
    it('makes up for a snapshot that could not be written with its entry', async () => {
      const { home, registry } = fixture;
      const artifacts = Object.assign(Object.create(home.artifacts), { put: () => Promise.reject(new Error('down')) });
      const command = { type: 'hold', because: 'unclear', reason: 'r' } as const;
      await new Registry({ ...home, artifacts }, 'test').apply('m', command);
      const { revision } = await registry.state('m');
      expect(await newestRevision(home.artifacts, 'm')).toBe(revision - 1);
      await advanceRollouts(home, home.clock.now());
      expect(await newestRevision(home.artifacts, 'm')).toBe(revision);
    });
  });
});
