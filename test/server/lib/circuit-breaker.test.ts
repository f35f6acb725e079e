import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../server/lib/circuit-breaker.ts';

describe('CircuitBreaker', () => {
  it('lets all through until something fails, then one try after a pause that grows', () => {
    const breaker = new CircuitBreaker();
    expect(breaker.enter(0)).toBeUndefined();
    let now = 30_000;
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      breaker.failed(now, 30_000, 'it hung');
      const { until, failures, reason } = breaker.enter(now)!;
      expect({ failures, reason }).toEqual({ failures: i + 1, reason: 'it hung' });
      pauses.push((until - now) / 1_000);
      expect(breaker.enter(until - 1)).toBeDefined();
      // One try, and nobody beside it.
      expect(breaker.enter(until)).toBeUndefined();
      expect(breaker.enter(until)).toBeDefined();
      now = until + 30_000;
    }
    expect(pauses).toEqual([3.75, 15, 60, 240, 600, 600]);
  });

  it('pauses for a second at least, also for what has cost nothing', () => {
    const breaker = new CircuitBreaker();
    breaker.failed(0, 1, 'it crashed');
    expect(breaker.pause).toMatchObject({ until: 1_000 });
  });

  it('is closed by a try that succeeds, and by nothing that was begun before', () => {
    const breaker = new CircuitBreaker();
    breaker.failed(0, 0, 'x');
    breaker.succeeded(500);
    expect(breaker.enter(999)).toBeDefined();
    expect(breaker.enter(1_000)).toBeUndefined();
    breaker.succeeded(1_100);
    expect(breaker.pause).toBeUndefined();
    expect([breaker.enter(1_100), breaker.enter(1_100)]).toEqual([undefined, undefined]);
  });

  it('counts failures in a row until it has been well for as long as the last pause', () => {
    const breaker = new CircuitBreaker();
    const fail = (now: number): number => {
      breaker.failed(now, 0, 'x');
      return breaker.pause!.until - now;
    };
    const well = (now: number): void => {
      breaker.enter(now);
      breaker.succeeded(now);
    };
    expect(fail(0)).toBe(1_000);
    well(1_000);
    expect(fail(1_500)).toBe(4_000);
    well(5_500);
    expect(fail(9_500)).toBe(16_000);
    well(25_500);
    expect(fail(41_501)).toBe(1_000);
  });

  it('counts what failed together once, and tries again where a try was no try', () => {
    const breaker = new CircuitBreaker();
    breaker.failed(0, 0, 'x');
    breaker.failed(10, 0, 'x');
    expect(breaker.pause).toMatchObject({ failures: 1, until: 1_000 });
    expect(breaker.enter(1_000)).toBeUndefined();
    breaker.undecided();
    expect(breaker.enter(1_001)).toBeUndefined();
  });
});
