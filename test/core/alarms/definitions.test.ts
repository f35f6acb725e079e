import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlarmDefinition } from '../../../core/alarms/alarm.ts';
import { alarmPrefix, alarmsOf, errorThreshold, parseAlarmName } from '../../../core/alarms/definitions.ts';
import { SCHEDULES } from '../../../core/alarms/schedules.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';

const manifest = Manifest.parse({
  name: 'flight-delay-2',
  contract: { features: [] },
  decision: { task: 'binary', output: 'p', threshold: 0.5 },
});

describe('alarmsOf', () => {
  const alarms = alarmsOf(manifest, 'dev', 0.2);

  it('gives valid definitions with names of their own that can be read back', () => {
    for (const alarm of alarms) {
      expect(AlarmDefinition.safeParse(alarm).success).toBe(true);
      const { Variant } = alarm.dimensions;
      expect(parseAlarmName(alarm.name)).toEqual({
        environment: 'dev',
        model: 'flight-delay-2',
        variant: Variant,
        metric: alarm.metric,
      });
    }
    expect(new Set(alarms.map((a) => a.name)).size).toBe(alarms.length);
  });

  it('watches both variants for what a rollback can mend, and wakes the judge alone', () => {
    const rates = alarms.filter((a) => /^(PredictionError|Failure|Latency)$/.test(a.metric));
    expect(rates.map((a) => `${a.dimensions.Variant} ${a.metric}`)).toEqual([
      'champion PredictionError',
      'champion Failure',
      'champion Latency',
      'challenger PredictionError',
      'challenger Failure',
      'challenger Latency',
    ]);
    expect(new Set(alarms.map(({ action }) => action))).toEqual(new Set(['wake-judge']));
  });

  it('has no period shorter than what its metric is produced at', () => {
    const fine = Manifest.parse({ ...manifest, monitoring: { periodSeconds: 10 } });
    const periodOf = (metric: string, schedules = SCHEDULES) =>
      alarmsOf(fine, 'dev', 0.2, schedules).find((alarm) => alarm.metric === metric)?.periodSeconds;
    expect(periodOf('Failure')).toBe(10);
    expect(periodOf('PredictionError')).toBe(60);
    expect(periodOf('Drift')).toBe(3_600);
    const often = { groundTruth: 1, drift: 1, judge: 5 };
    expect(periodOf('PredictionError', often)).toBe(10);
    expect(periodOf('PredictionError', { ...SCHEDULES, groundTruth: 90 })).toBe(120);
    const rare = Manifest.parse({ ...manifest, monitoring: { drift: { everyMinutes: 1_440, windowMinutes: 1_440 } } });
    expect(alarmsOf(rare, 'dev').find(({ metric }) => metric === 'Drift')?.periodSeconds).toBe(86_400);
  });

  it('takes the error threshold of the manifest before that of the baseline', () => {
    const own = Manifest.parse({ ...manifest, monitoring: { maxErrorRate: 0.36 } });
    expect(alarmsOf(own, 'dev', 0.2).find((a) => a.metric === 'PredictionError')?.threshold).toBe(0.36);
    expect(alarms.find((a) => a.metric === 'PredictionError')?.threshold).toBe(0.4);
  });

  it('does not watch for wrong decisions where nothing decides', () => {
    const { decision: _, ...rest } = manifest;
    expect(alarmsOf(Manifest.parse(rest), 'dev').some((a) => a.metric === 'PredictionError')).toBe(false);
    const loose = { ...rest, decision: { task: 'regression', output: 'y' } };
    expect(alarmsOf(Manifest.parse(loose), 'dev').some((a) => a.metric === 'PredictionError')).toBe(false);
  });

  it('watches for the secret of personal fields where some are kept hashed or encrypted, and only there', () => {
    const kept = (personal: string) =>
      Manifest.parse({ ...manifest, contract: { features: [{ name: 'age', type: 'integer', personal }] } });
    const watched = (personal: string) => alarmsOf(kept(personal), 'dev').filter((a) => a.metric === 'PrivacyFailure');
    for (const personal of ['hash', 'encrypt'])
      expect(watched(personal)).toMatchObject([{ dimensions: { Variant: 'champion' } }]);
    for (const personal of ['no', 'omit']) expect(watched(personal)).toEqual([]);
  });

  it('keeps the error threshold above the baseline and below 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (rate) => {
        expect(errorThreshold(rate)).toBeGreaterThan(rate);
        expect(errorThreshold(rate)).toBeLessThan(1);
      }),
    );
  });

  it.each([
    'other-alarm',
    'trimtab.x',
    'trimtab.dev..champion.Failure',
    'trimtab..m.champion.Failure',
    'TRIMTAB.dev.m.champion.Failure',
    'trimtab.dev.m.champion.Failure.more',
    'trimtab.dev.m.somebody.Failure',
    'trimtab.dev.m.champion.toString',
    'trimtab-dev-m-champion-Failure',
  ])('does not take %s for one of its alarms', (name) => expect(parseAlarmName(name)).toBeUndefined());

  it('names alarms so that no environment’s prefix is one of another, whatever environments and models are called', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/);
    fc.assert(
      fc.property(name, name, name, name, (one, other, model, suffix) => {
        fc.pre(one !== other);
        const [mine, theirs] = [one, other].map((environment) =>
          alarmsOf({ ...manifest, name: model }, environment, 0.2),
        );
        for (const { name, dimensions } of mine!) {
          expect(name.startsWith(alarmPrefix(one, model))).toBe(true);
          expect(dimensions).toMatchObject({ Environment: one, Model: model });
          for (const prefix of [alarmPrefix(other), alarmPrefix(other, suffix), alarmPrefix(`${one}-${suffix}`)])
            expect(name.startsWith(prefix), prefix).toBe(false);
        }
        const names = new Set(mine!.map((alarm) => alarm.name));
        expect(theirs!.some((alarm) => names.has(alarm.name))).toBe(false);
      }),
    );
  });
});
