import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proportionBounds } from '../../../core/judge/proportion.ts';
import { logDifference, rateDifference } from '../../../core/judge/rate-difference.ts';
import { logRateRatio } from '../../../core/judge/rate-ratio.ts';
import { random } from '../experiment/random.ts';

const ofShare = (share: number, bad: number, other: number) => [
  { share, suspect: { n: 1_000 * share, bad }, reference: { n: 1_000 * (1 - share), bad: other } },
];

describe('the exact mixture of rate ratios', () => {
  /** Made with Python's math.lgamma and a sum over the same grid. */
  it.each([
    [0.05, 3, 0, 8.34347125594388],
    [0.25, 6, 0, 7.870235001019488],
    [0.5, 11, 0, 7.250421023938331],
    [0.5, 12, 0, 7.929276856830041],
    [0.05, 10, 40, 4.646731166311066],
  ])('of a share of %d, %d of one and %d of the other, is exp(%d)', (share, bad, other, known) => {
    expect(logRateRatio(ofShare(share, bad, other))).toBeCloseTo(known, 9);
  });

  it('says nothing where one of the two had nothing', () => {
    expect(logRateRatio([])).toBe(0);
    expect(logRateRatio([{ share: 0.5, suspect: { n: 9, bad: 9 }, reference: { n: 0, bad: 0 } }])).toBe(0);
  });

  it('grows with what is bad of the suspect, and never with what is bad of the other', () => {
    const count = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.9, noNaN: true }), count, count, (share, bad, other) => {
        const e = logRateRatio(ofShare(share, bad, other));
        expect(logRateRatio(ofShare(share, bad + 1, other))).toBeGreaterThan(e);
        expect(logRateRatio(ofShare(share, bad, other + 1))).toBeLessThan(e);
        // Twice as bad is nothing against "at most twice as bad".
        expect(logRateRatio(ofShare(share, bad, other), 2)).toBeLessThanOrEqual(e + 1e-9);
      }),
    );
  });

  it.each([0.05, 0.25, 0.5])(
    'is wrong at most as often as promised, looked at after every failure, share %d',
    (share) => {
      const uniform = random(7);
      const [runs, level] = [500, 0.05];
      let wrong = 0;
      for (let run = 0; run < runs; run++) {
        let [own, other] = [0, 0];
        for (let failure = 0; failure < 100; failure++) {
          if (uniform() < share) own++;
          else other++;
          if (logRateRatio(ofShare(share, own, other)) < -Math.log(level)) continue;
          wrong++;
          break;
        }
      }
      expect(wrong / runs).toBeLessThanOrEqual(level);
    },
  );
});

describe('the confidence sequence of one rate', () => {
  /** Made with Python's math.lgamma, by bisection. */
  it.each([
    [100, 10, 0.05, [0.029060851284072882, 0.22750994985855238]],
    [1_000, 0, 0.005, [0, 0.00928134488967175]],
    [20, 20, 0.05, [0.7759938879872172, 1]],
    [5_000, 37, 0.01, [0.0033539147201005564, 0.013819156142934108]],
  ] as const)('of %d trials, %d bad, at %d, is %j', (n, bad, alpha, [low, high]) => {
    const bounds = proportionBounds({ n, bad }, alpha);
    expect(bounds[0]).toBeCloseTo(low, 8);
    expect(bounds[1]).toBeCloseTo(high, 8);
  });

  it('holds its estimate, and more the less may be risked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const bad = Math.round(share * n);
        const [low, high] = proportionBounds({ n, bad }, 0.05);
        expect(low).toBeLessThanOrEqual(bad / n);
        expect(high).toBeGreaterThanOrEqual(bad / n);
        const [lower, higher] = proportionBounds({ n, bad }, 0.005);
        expect(lower).toBeLessThanOrEqual(low);
        expect(higher).toBeGreaterThanOrEqual(high);
      }),
    );
  });

  it('leaves the rate out at any of its looks no more often than promised', () => {
    const uniform = random(3);
    const [runs, level, rate] = [300, 0.1, 0.05];
    let missed = 0;
    for (let run = 0; run < runs; run++) {
      let bad = 0;
      for (let n = 1; n <= 400; n++) {
        if (uniform() < rate) bad++;
        const [low, high] = n % 5 === 0 ? proportionBounds({ n, bad }, level) : [0, 1];
        if (low <= rate && rate <= high) continue;
        missed++;
        break;
      }
    }
    expect(missed / runs).toBeLessThanOrEqual(level);
  });
});

describe('the difference of rates', () => {
  it('is taken within strata: what differs between them is no difference of the versions', () => {
    // Both 5 % at a small share, then 20 % at a large one; pooled, the suspect seems to have twice the rate.
    const strata = [
      { share: 0.05, suspect: { n: 500, bad: 25 }, reference: { n: 9_500, bad: 475 } },
      { share: 0.5, suspect: { n: 5_000, bad: 1_000 }, reference: { n: 5_000, bad: 1_000 } },
    ];
    expect(rateDifference(strata).estimate).toBeCloseTo(0, 12);
    expect(logDifference(rateDifference(strata))).toBeLessThan(0);
    expect(logRateRatio(strata)).toBeLessThan(0);
  });

  it('says nothing normal of rare events', () => {
    const rare = rateDifference([{ share: 0.5, suspect: { n: 900, bad: 12 }, reference: { n: 900, bad: 0 } }]);
    expect(rare.normal).toBe(false);
    expect(logDifference(rare)).toBe(0);
    expect(rateDifference([]).variance).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('very much traffic', () => {
  it('is beyond no double', () => {
    const strata = [{ share: 0.05, suspect: { n: 6e7, bad: 6e7 }, reference: { n: 1e9, bad: 1e6 } }];
    expect(logDifference(rateDifference(strata))).toBeGreaterThan(1e6);
    expect(logRateRatio(strata)).toBeGreaterThan(1e6);
    expect(Number.isFinite(logDifference(rateDifference(strata)))).toBe(true);
  });
});
