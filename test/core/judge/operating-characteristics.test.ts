import { describe, expect, it } from 'vitest';
import { playMany, type SimulatedRate } from './rollout.ts';

const FAILURES: SimulatedRate = { kind: 'failure', champion: 0, canary: 0 };
const SLOW: SimulatedRate = { kind: 'slow', champion: 0.01, canary: 0.01 };
const wrong = (champion: number, canary = champion): SimulatedRate => ({ kind: 'truth', champion, canary });
const MINUTE = 60;
const HOUR = 3_600;

// Few rollouts each: `npm run bench -- judge` plays a thousand.
describe('a canary like the champion', () => {
  it('is promoted, and seldom taken back, judged every minute', () => {
    const { takenBack, promoted, median } = playMany(150, {
      rps: 20,
      rates: [FAILURES, SLOW, wrong(0.1)],
      hours: 12,
    });
    expect(takenBack).toBeLessThanOrEqual(0.02);
    expect(promoted).toBeGreaterThanOrEqual(0.98);
    expect(median).toBeLessThanOrEqual(HOUR);
  });

  it.each([
    ['rare errors', 0.01, 8],
    ['frequent errors', 0.4, 1],
  ])('of %s is promoted in time', (_, rate, hours) => {
    const { takenBack, median } = playMany(50, { rps: 20, rates: [FAILURES, SLOW, wrong(rate)], hours: 24 });
    expect(takenBack).toBeLessThanOrEqual(0.04);
    expect(median).toBeLessThanOrEqual(hours * HOUR);
  });

  it.each([0.001, 0.03, 0.3])('is seldom taken back with little traffic and a failure rate of %d', (rate) => {
    const failing = { ...FAILURES, champion: rate, canary: rate };
    const { takenBack } = playMany(100, { rps: 0.3, rates: [failing, wrong(0.1)], hours: 4 });
    expect(takenBack).toBeLessThanOrEqual(0.03);
  });

  it('is not taken back while the errors of both rise with its share', () => {
    const rising = (t: number): number => 0.05 + 0.15 * Math.min(1, t / (31 * MINUTE));
    const rates = [{ kind: 'truth' as const, champion: rising, canary: rising }];
    const { takenBack, promoted } = playMany(60, { rps: 20, rates, hours: 4 });
    expect(takenBack).toBeLessThanOrEqual(0.02);
    expect(promoted).toBeGreaterThanOrEqual(0.96);
  });
});

describe('a canary that is worse', () => {
  it.each([
    [0.05, 8],
    [0.25, 8],
    [0.5, 15],
  ])('and fails always, is taken back after few answers at a share of %d', (share, most) => {
    // So little traffic that a minute has less than one of its answers.
    const { takenBack, played } = playMany(60, {
      rps: 0.01 / share,
      rates: [{ ...FAILURES, canary: 1 }],
      hours: 12,
      shares: [share, 0.9],
    });
    expect(takenBack).toBe(1);
    const failed = played.map(({ bad }) => bad[0]!).sort((a, b) => a - b);
    expect(failed[30]).toBeLessThanOrEqual(most);
  });

  it.each<[string, SimulatedRate[], number, number]>([
    ['3.3 % failures against none', [{ ...FAILURES, canary: 0.033 }], 5, 15],
    ['3.5 % wrong against 1 %', [FAILURES, wrong(0.01, 0.035)], 5, 90],
    ['40 % wrong against 10 %', [FAILURES, wrong(0.1, 0.4)], 5, 30],
    ['3 % slow against none', [FAILURES, { kind: 'slow', champion: 0, canary: 0.03 }], 20, 20],
    ['nothing found of 5 % positives', [FAILURES, { ...wrong(0.5, 1), of: 0.05 }], 5, 120],
    ['a segment of 10 % wrong', [wrong(0.1, 0.15), { ...wrong(0.1, 0.6), of: 0.1, segment: 'a' }], 5, 30],
  ])('is taken back: %s', (_, rates, rps, minutes) => {
    const { takenBack, p80 } = playMany(40, { rps, rates, hours: 24 });
    expect(takenBack).toBe(1);
    expect(p80).toBeLessThanOrEqual(minutes * MINUTE);
  });

  it('is not promoted where it is worse by more than the margin', () => {
    const { promoted } = playMany(60, { rps: 20, rates: [FAILURES, wrong(0.1, 0.1121)], hours: 24 });
    expect(promoted).toBeLessThanOrEqual(0.1);
  });
});
