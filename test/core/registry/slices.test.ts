import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grow, holds, type Slice, shareOf } from '../../../core/registry/slices.ts';

describe('grow', () => {
  it('takes the first share from 0, and the next from where that ends', () => {
    expect(grow([], [], 0.25)).toEqual([[0, 0.25]]);
    expect(grow([], [[0, 0.25]], 0.5)).toEqual([[0.25, 0.75]]);
  });

  it('goes on behind its own end, then round the circle, past what others hold', () => {
    expect(grow([[0.5, 0.75]], [[0.25, 0.5]], 0.75)).toEqual([
      [0, 0.25],
      [0.5, 1],
    ]);
  });

  it('keeps what it held, takes nothing from others, and reaches its share where there is so much', () => {
    const shares = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(shares, fc.infiniteStream(fc.nat()), (wanted, picks) => {
        const held = new Map<number, Slice[]>();
        for (const share of wanted) {
          const who = picks.next().value! % 3;
          const own = held.get(who) ?? [];
          const others = [...held].flatMap(([other, slices]) => (other === who ? [] : slices));
          const grown = grow(own, others, share / 100);
          const places = Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100);
          expect(places.filter((at) => holds(own, at) && !holds(grown, at))).toEqual([]);
          expect(places.filter((at) => holds(others, at) && holds(grown, at))).toEqual([]);
          const possible = Math.min(share / 100, 1 - shareOf(others));
          expect(shareOf(grown)).toBeCloseTo(Math.max(shareOf(own), possible), 9);
          held.set(who, grown);
        }
      }),
    );
  });
});
