import { describe, expect, it } from 'vitest';
import { releaseCommand } from '../../../cli/commands/release-options.ts';
import { versionRecord } from '../../platform/contract/record.ts';

const { manifest } = versionRecord('m', 2);
const gated = { ...manifest, rollout: { ...manifest.rollout, shadow: { maxDisagreement: 0.05 } } };

describe('releaseCommand', () => {
  it('makes an A/B test of half the traffic, about wrong decisions, unless told otherwise', () => {
    expect(releaseCommand(2, { ab: true, gate: true }, manifest)).toEqual({
      type: 'start-test',
      version: 2,
      weight: 0.5,
      hypothesis: { metric: 'PredictionError', better: 'lower', rate: true, minEffect: 0.02, alpha: 0.05, power: 0.8 },
      reason: 'released by hand',
    });
    const own = { ab: true, gate: true, weight: '0.2', metric: 'Revenue', mean: true, better: 'higher', effect: '1.5' };
    expect(releaseCommand(2, own, manifest)).toMatchObject({
      weight: 0.2,
      hypothesis: { metric: 'Revenue', better: 'higher', rate: false, minEffect: 1.5 },
    });
    const worth = {
      ...manifest,
      monitoring: { ...manifest.monitoring, business: [{ name: 'cost', higherIsBetter: false }] },
    };
    expect(releaseCommand(2, { ab: true, gate: true, metric: 'cost', effect: '0.5' }, worth)).toMatchObject({
      hypothesis: { metric: 'Business.cost', better: 'lower', rate: false, minEffect: 0.5 },
    });
    expect(releaseCommand(2, { ab: true, gate: true, metric: 'Latency', effect: '3' }, manifest)).toMatchObject({
      hypothesis: { better: 'lower', rate: false, minEffect: 3 },
    });
  });

  it('begins a canary by the manifest’s steps, in the shadow first where the manifest says so', () => {
    expect(releaseCommand(2, { canary: true, gate: true }, manifest)).toMatchObject({
      type: 'start-canary',
      steps: [0.5, 1],
    });
    expect(releaseCommand(2, { canary: true, gate: true, steps: '0.1,1' }, gated)).toMatchObject({
      type: 'start-shadow',
      canary: [0.1, 1],
    });
    expect(releaseCommand(2, { canary: true, gate: false }, gated)).toMatchObject({ type: 'start-canary' });
  });

  it.each([
    [{ ab: true, canary: true }, '--canary and --ab do not go together'],
    [{ weight: '0.5' }, '--weight goes with --ab'],
    [{ steps: '0.5,1' }, '--steps goes with --canary'],
    [{ ab: true, weight: '1' }, "--weight is between 0 and 1, received '1'"],
    [{ ab: true, metric: 'Revenue' }, '--better is lower or higher, received nothing'],
    [{ ab: true, metric: 'Score', better: 'lower' }, 'Latency or a business metric, received Score'],
    [{ ab: true, metric: 'Latency' }, '--effect says what difference of Latency matters, in its unit'],
    [{ ab: true, effect: '0' }, "--effect is a number above 0, received '0'"],
    [{ ab: true, alpha: '0.6' }, '--alpha is at most 0.5, received 0.6'],
    [{ ab: true, power: '0.4' }, '--power is above 0.5, received 0.4'],
  ])('refuses %j', (own, message) => {
    expect(() => releaseCommand(2, { gate: true, ...own }, manifest)).toThrow(message);
  });
});
