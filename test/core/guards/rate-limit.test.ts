import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallerLimits } from '../../../core/guards/rate-limit.ts';

const LIMIT = { perSecond: 2, burst: 3 };

describe('CallerLimits', () => {
  it('gives the burst at once, then one token after the other', () => {
    const limits = new CallerLimits();
    const take = (now: number) => limits.take('a', LIMIT, now);
    expect([take(1_000), take(1_000), take(1_000)]).toEqual([0, 0, 0]);
    expect(take(1_000)).toBe(0.5);
    expect(take(1_400)).toBeCloseTo(0.1);
    expect(take(1_500)).toBe(0);
    expect(take(1_500)).toBe(0.5);
    expect([take(60_000), take(60_000), take(60_000)]).toEqual([0, 0, 0]);
    expect(take(60_000)).toBe(0.5);
  });

  it('lets nobody pay for another', () => {
    const limits = new CallerLimits();
    for (let i = 0; i < 10; i++) limits.take('a', LIMIT, 0);
    expect(limits.take('b', LIMIT, 0)).toBe(0);
  });

  it('agrees with a bucket that is filled drop by drop, and is right about when to come back', () => {
    const steps = fc.array(fc.nat(3_000), { maxLength: 60 });
    const limit = fc.record({ perSecond: fc.constantFrom(0.5, 1, 3, 10), burst: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(limit, steps, ({ perSecond, burst }, waits) => {
        const limits = new CallerLimits();
        let now = 1_700_000_000_000;
        let tokens = burst;
        for (const wait of waits) {
          now += wait;
          tokens = Math.min(burst, tokens + (wait / 1000) * perSecond);
          const left = limits.take('a', { perSecond, burst }, now);
          // At the very moment at which a token is full the two may round differently.
          if (Math.abs(tokens - 1) > 1e-6) expect(left === 0).toBe(tokens >= 1);
          if (left === 0) tokens -= 1;
          else expect(left).toBeCloseTo((1 - tokens) / perSecond, 3);
        }
      }),
    );
  });

  it('never lets more through than rate and burst allow, over any time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 200 }), (waits) => {
        const limits = new CallerLimits();
        let now = 0;
        let through = 0;
        for (const wait of waits) {
          now += wait;
          if (limits.take('a', LIMIT, now) === 0) through++;
        }
        expect(through).toBeLessThanOrEqual(LIMIT.burst + (now / 1000) * LIMIT.perSecond + 1e-6);
      }),
    );
  });

  it('remembers so many callers and no more, those seen last', () => {
    const limits = new CallerLimits(3);
    const spend = (caller: string) => {
      while (limits.take(caller, LIMIT, 0) === 0);
    };
    for (const caller of ['a', 'b', 'c', 'a', 'd']) spend(caller);
    expect(limits.callers).toBe(3);
    expect(limits.take('a', LIMIT, 0)).toBeGreaterThan(0);
    expect(limits.take('b', LIMIT, 0)).toBe(0);
  });

  it('locks nobody out when the clock is set back by a day', () => {
    const limits = new CallerLimits();
    while (limits.take('a', LIMIT, 86_400_000) === 0);
    expect(limits.take('a', LIMIT, 0)).toBeLessThanOrEqual(0.5);
    expect(limits.take('a', LIMIT, 500)).toBe(0);
  });
});
