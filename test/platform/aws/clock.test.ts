import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerClock } from '../../../platform/aws/clock.ts';

const T0 = Date.UTC(2026, 0, 1, 12);
/** What the Date header says at an instant: whole seconds. */
const header = (ms: number): string => new Date(ms).toUTCString();

describe('ServerClock', () => {
  const offsetOf = (clock: ServerClock): number => clock.now().getTime() - Date.now();

  it('goes by the answers, to a second and what the way took', () => {
    const skews = fc.integer({ min: -3_600_000, max: 3_600_000 });
    const took = fc.integer({ min: 0, max: 2_000 });
    fc.assert(
      fc.property(skews, fc.array(took, { minLength: 1 }), fc.integer({ min: 0, max: 999 }), (skew, trips, phase) => {
        const clock = new ServerClock();
        let now = T0 + phase;
        for (const trip of trips) {
          clock.observe(header(now + trip / 2), now - skew, now + trip - skew);
          now += trip + 1_234;
        }
        expect(Math.abs(offsetOf(clock) - skew)).toBeLessThanOrEqual(1_000 + Math.max(...trips) + 2);
      }),
    );
  });

  it('leaves a clock alone that is right, and takes a correction back', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 100; i++) clock.observe(header(T0 + 37 * i), T0 + 37 * i, T0 + 37 * i);
    expect(Math.abs(offsetOf(clock))).toBeLessThan(5);
    clock.observe(header(T0 + 60_000), T0, T0);
    expect(offsetOf(clock)).toBeGreaterThan(58_000);
    clock.observe(header(T0), T0, T0);
    expect(Math.abs(offsetOf(clock))).toBeLessThan(5);
  });

  it('learns nothing from answers without a date, or that took too long', () => {
    const clock = new ServerClock();
    clock.observe(undefined, T0, T0);
    clock.observe('yesterday', T0, T0);
    clock.observe(header(T0 + 60_000), T0, T0 + 10_000);
    expect(Math.abs(offsetOf(clock))).toBeLessThan(5);
  });
});
