import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StratifiedDifference, type Stratum, strata } from '../../../core/experiment/strata.ts';

const cell = (most: number) =>
  fc.nat({ max: most }).chain((n) => fc.record({ n: fc.constant(n), sum: fc.nat({ max: n }) }));
const periods = fc.array(fc.record({ champion: cell(40), challenger: cell(10) }), { maxLength: 60 });
const of = (all: Iterable<Stratum>, rate = true) => {
  const difference = new StratifiedDifference(rate);
  for (const each of all) difference.add(each);
  return difference.estimate();
};

describe('strata', () => {
  it('puts periods together until both have enough, loses none but the unfinished rest, and never takes one back', () => {
    fc.assert(
      fc.property(periods, fc.nat({ max: 60 }), (all, some) => {
        const whole = [...strata(all)];
        for (const { champion, challenger } of whole) {
          expect(champion.n).toBeGreaterThanOrEqual(5);
          expect(challenger.n).toBeGreaterThanOrEqual(5);
        }
        const first = [...strata(all.slice(0, some))];
        expect(whole.slice(0, first.length)).toEqual(first);
        const total = (list: readonly Stratum[]) => list.reduce((sum, { challenger }) => sum + challenger.n, 0);
        expect(total(whole)).toBeLessThanOrEqual(total(all));
      }),
    );
  });
});

describe('StratifiedDifference', () => {
  it('is the difference of the means where there is one stratum', () => {
    expect(of([{ champion: { n: 80, sum: 20 }, challenger: { n: 20, sum: 9 } }]).difference).toBeCloseTo(0.2, 12);
  });

  it('has the weights of Mantel and Haenszel: a worked example', () => {
    // Weights 80 * 20 / 100 = 16 and 50 * 50 / 100 = 25; differences 0.2 and -0.1: (3.2 - 2.5) / 41.
    const { difference } = of([
      { champion: { n: 80, sum: 20 }, challenger: { n: 20, sum: 9 } },
      { champion: { n: 50, sum: 20 }, challenger: { n: 50, sum: 15 } },
    ]);
    expect(difference).toBeCloseTo(0.7 / 41, 12);
  });

  it('is not fooled when shares and rates change together (Simpson)', () => {
    // In each stratum the challenger is better; over all samples it seems to be worse.
    const all: Stratum[] = [
      { champion: { n: 900, sum: 90 }, challenger: { n: 100, sum: 8 } },
      { champion: { n: 100, sum: 40 }, challenger: { n: 900, sum: 340 } },
    ];
    const { difference, champion, challenger } = of(all);
    expect(challenger.sum / challenger.n).toBeGreaterThan(champion.sum / champion.n);
    expect(difference).toBeLessThan(0);
  });

  it('turns its sign when the two change places, and for means ignores what is added to both', () => {
    fc.assert(
      fc.property(periods, fc.integer({ min: -50, max: 50 }), (all, shift) => {
        const turned = all.map(({ champion, challenger }) => ({ champion: challenger, challenger: champion }));
        const there = of(all).difference;
        expect(of(turned).difference).toBeCloseTo(-there, 9);
        const moved = all.map(({ champion, challenger }) => ({
          champion: { n: champion.n, sum: champion.sum + shift * champion.n },
          challenger: { n: challenger.n, sum: challenger.sum + shift * challenger.n },
        }));
        expect(of(moved, false).difference).toBeCloseTo(of(all, false).difference, 9);
        const [a, b] = [of(moved, false).variance, of(all, false).variance];
        if (Number.isFinite(b)) expect(a).toBeCloseTo(b, 9);
      }),
    );
  });

  it('has a variance above 0 for rates, even where nothing has happened yet', () => {
    const none = Array.from({ length: 40 }, () => ({ champion: { n: 95, sum: 0 }, challenger: { n: 5, sum: 0 } }));
    expect(of(none).variance).toBeGreaterThan(0);
    expect(of([]).variance).toBe(Number.POSITIVE_INFINITY);
  });
});
