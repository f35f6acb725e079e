import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlarmDefinition } from '../../../core/alarms/alarm.ts';
import { alarmsOf, errorThreshold, parseAlarmName } from '../../../core/alarms/definitions.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';

const manifest = Manifest.parse({
  name: 'flight-delay-2',
  contract: { features: [] },
  decision: { task: 'binary', output: 'p', threshold: 0.5 },
});

describe('alarmsOf', () => {
  const alarms = alarmsOf(manifest, 0.2);

  it('gives valid definitions with names of their own that can be read back', () => {
    for (const alarm of alarms) {
      expect(AlarmDefinition.safeParse(alarm).success).toBe(true);
      const { Variant } = alarm.dimensions;
      expect(parseAlarmName(alarm.name)).toEqual({
        model: 'flight-delay-2',
        variant: Variant,
        metric: alarm.metric.toLowerCase(),
      });
    }
    expect(new Set(alarms.map((a) => a.name)).size).toBe(alarms.length);
  });

  it('watches both variants for what a rollback can mend', () => {
    const rollbacks = alarms.filter((a) => a.action === 'rollback').map((a) => `${a.dimensions.Variant} ${a.metric}`);
    expect(rollbacks).toEqual([
      'champion Wrong',
      'champion Failure',
      'champion Latency',
      'challenger Wrong',
      'challenger Failure',
      'challenger Latency',
    ]);
  });

  it('takes the error threshold of the manifest before that of the baseline', () => {
    const own = Manifest.parse({ ...manifest, monitoring: { maxErrorRate: 0.36 } });
    expect(alarmsOf(own, 0.2).find((a) => a.metric === 'Wrong')?.threshold).toBe(0.36);
    expect(alarms.find((a) => a.metric === 'Wrong')?.threshold).toBe(0.4);
  });

  it('does not watch for wrong decisions where nothing decides', () => {
    const { decision: _, ...rest } = manifest;
    expect(alarmsOf(Manifest.parse(rest)).some((a) => a.metric === 'Wrong')).toBe(false);
    const loose = { ...rest, decision: { task: 'regression', output: 'y' } };
    expect(alarmsOf(Manifest.parse(loose)).some((a) => a.metric === 'Wrong')).toBe(false);
  });

  it('watches for the secret of personal fields where some are kept hashed or encrypted, and only there', () => {
    const kept = (personal: string) =>
      Manifest.parse({ ...manifest, contract: { features: [{ name: 'age', type: 'integer', personal }] } });
    const watched = (personal: string) => alarmsOf(kept(personal)).filter((a) => a.metric === 'PrivacyFailure');
    for (const personal of ['hash', 'encrypt'])
      expect(watched(personal)).toMatchObject([{ action: 'notify', dimensions: { Variant: 'champion' } }]);
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

  it.each(['other-alarm', 'trimtab-x', 'trimtab--champion-wrong', 'TRIMTAB-m-champion-wrong'])(
    'does not take %s for one of its alarms',
    (name) => expect(parseAlarmName(name)).toBeUndefined(),
  );
});
