import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { EMPTY_STATE } from '../../../core/registry/ledger.ts';
import { latencyOfRank, sumOfLatencies } from '../../../core/simulation/latencies.ts';
import { wrongOf } from '../../../core/simulation/outcomes.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';
import { TrafficModel } from '../../../core/simulation/traffic-model.ts';

const model = (scenario: z.input<typeof Scenario>, seed = 1): TrafficModel =>
  new TrafficModel(Scenario.parse(scenario), seed, 10);
const CANARY = {
  ...EMPTY_STATE,
  champion: 1,
  salt: 2,
  challengers: [
    {
      version: 2,
      weight: 0.25,
      steps: [0.25, 1],
      step: 0,
      since: '2026-01-01T00:00:00.000Z',
      slices: [[0, 0.25] as [number, number]],
    },
  ],
};
const DAY = { from: 0, to: 86_400 };

describe('TrafficModel', () => {
  it('has in any piece of time what its parts have, wherever it is cut', () => {
    const arrivals = fc.constantFrom('random' as const, 'regular' as const);
    const cuts = fc.array(fc.integer({ min: -500, max: 3_000 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(arrivals, fc.double({ min: 0.01, max: 50, noNaN: true }), cuts, (kind, rate, moments) => {
        const traffic = model({ traffic: { rate, arrivals: kind } });
        const at = [...new Set(moments)].sort((a, b) => a - b);
        const parts = at.slice(1).map((to, i) => traffic.arrivals({ from: at[i]!, to }));
        const whole = traffic.arrivals({ from: at[0]!, to: at.at(-1)! });
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(whole);
      }),
    );
  });

  it('answers the same question alike, whatever was asked before, and another seed otherwise', () => {
    const ask = (traffic: TrafficModel) => [
      traffic.arrivals(DAY),
      traffic.serve(2, { from: 50, to: 60 }, 40),
      traffic.latencies(1, { from: 50, to: 60 }, 40),
    ];
    const traffic = model({});
    traffic.serve(1, { from: 0, to: 10 }, 1_000);
    expect(ask(traffic)).toEqual(ask(model({})));
    expect(ask(traffic)).not.toEqual(ask(model({}, 2)));
  });

  it('draws each piece apart: Poisson arrivals and binomial outcomes that know nothing of each other', () => {
    const pieces = 20_000;
    const series = [1, 2].map((seed) => {
      const traffic = model({ traffic: { rate: 3 }, versions: [{ name: 'a', failures: 0.2 }] }, seed);
      const all = Array.from({ length: pieces }, (_, i) => ({ from: 10 * i, to: 10 * i + 10 }));
      return {
        arrivals: all.map((piece) => traffic.arrivals(piece)),
        failed: all.map((piece) => traffic.serve(1, piece, 50).failed),
      };
    });
    const [first, second] = series as [(typeof series)[0], (typeof series)[0]];
    const moments = (values: readonly number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / pieces;
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pieces };
    };
    const correlation = (a: readonly number[], b: readonly number[]): number => {
      const [ma, mb] = [moments(a), moments(b)];
      const product = a.reduce((sum, value, i) => sum + (value - ma.mean) * ((b[i] ?? mb.mean) - mb.mean), 0) / pieces;
      return product / Math.sqrt(ma.variance * mb.variance);
    };
    const near = (value: number, expected: number, error: number): void =>
      expect(Math.abs(value - expected) / error).toBeLessThan(4.5);
    // Standard errors of a mean, of a Poisson variance, and of a correlation of independent series.
    near(moments(first.arrivals).mean, 30, Math.sqrt(30 / pieces));
    near(moments(first.arrivals).variance, 30, Math.sqrt((30 + 2 * 30 ** 2) / pieces));
    near(moments(first.failed).mean, 10, Math.sqrt(8 / pieces));
    near(moments(first.failed).variance, 8, Math.sqrt((2 * 8 ** 2) / pieces) * 1.1);
    const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
      [first.arrivals, first.arrivals.slice(1)],
      [first.failed, first.failed.slice(1)],
      [first.arrivals, first.failed],
      [first.arrivals, second.arrivals],
      [first.failed, second.failed],
    ];
    for (const [a, b] of pairs) near(correlation(a, b), 0, 1 / Math.sqrt(pieces));
  });

  it('has the rates of the scenario, by time of the day and as they change', () => {
    const daily = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 2 : 0));
    const half = model({ traffic: { rate: 10, daily } });
    expect(half.arrivals({ from: 43_200, to: 86_400 })).toBe(0);
    expect(half.arrivals(DAY) / 86_400).toBeCloseTo(10, 0);
    const rising = model({
      traffic: {
        rate: [
          { from: 0, value: 0 },
          { from: 1, until: 86_400, value: 20 },
        ],
      },
    });
    expect(rising.arrivals({ from: 0, to: 43_200 }) / 43_200).toBeCloseTo(5, 0);
  });

  it('counts failures, confusion by class, segments, and what never reached the model', () => {
    const traffic = model({
      traffic: { positives: 0.2, segments: { night: 0.1 } },
      everywhere: { failures: 0.05, invalid: 0.1 },
      versions: [{ name: 'a', recall: 0.6, specificity: 0.9, failures: 0.05, segments: { night: { errors: 0.5 } } }],
    });
    const served = traffic.serve(1, { from: 0, to: 10 }, 1_000_000);
    expect(served.invalid / 1e6).toBeCloseTo(0.1, 2);
    expect(served.failed / 9e5).toBeCloseTo(1 - 0.95 * 0.95, 2);
    expect(served.rows).toBe(served.requests - served.failed - served.invalid);
    const rest = served.outcomes.get('')!;
    const rows = rest.cells.reduce((sum, count) => sum + count, 0);
    for (const [i, share] of [0.8 * 0.9, 0.8 * 0.1, 0.2 * 0.4, 0.2 * 0.6].entries())
      expect(rest.cells[i]! / rows).toBeCloseTo(share, 2);
    const night = served.outcomes.get('night')!;
    const nightRows = night.cells.reduce((sum, count) => sum + count, 0);
    expect(nightRows / served.rows).toBeCloseTo(0.1, 2);
    expect(wrongOf(night) / nightRows).toBeCloseTo(0.5, 2);
  });

  it('makes no version better than the world lets it be', () => {
    const traffic = model({ everywhere: { errors: 0.35 }, versions: [{ name: 'a', errors: 0.1 }] });
    expect(wrongOf(traffic.outcomeTable(1, '', 0))).toBeCloseTo(0.35, 10);
  });

  it('knows swapped classes and other units', () => {
    const classes = model({
      model: { task: 'multiclass', classes: 5 },
      traffic: { classes: [0.5, 0.2, 0.1, 0.1, 0.1] },
      versions: [
        { name: 'a', errors: 0.05 },
        { name: 'b', errors: 0.05, swaps: [[2, 3]] },
      ],
    });
    expect(wrongOf(classes.outcomeTable(1, '', 0))).toBeCloseTo(0.05, 10);
    expect(wrongOf(classes.outcomeTable(2, '', 0))).toBeCloseTo(0.8 * 0.05 + 0.2 * (1 - 0.05 / 4), 10);
    const unit = model({
      model: { task: 'regression', tolerance: 15 },
      traffic: { values: { mean: 100, deviation: 20 } },
      versions: [
        { name: 'a', errors: 0.1 },
        { name: 'b', scale: 1.5 },
      ],
    });
    expect(wrongOf(unit.outcomeTable(1, '', 0))).toBeCloseTo(0.1, 8);
    expect(wrongOf(unit.outcomeTable(2, '', 0))).toBeGreaterThan(0.98);
  });

  it('routes as the release says: by request, and callers with a key by their key', () => {
    const shareOf = (traffic: TrafficModel) => traffic.shares(CANARY).find(({ version }) => version === 2)!.share;
    expect(shareOf(model({}))).toBe(0.25);
    expect(shareOf(model({ traffic: { callers: { count: 10_000 } } }))).toBeCloseTo(0.25, 1);
    expect([0, 1]).toContain(shareOf(model({ traffic: { callers: { count: 1 } } })));
    const routed = model({}).routed({ from: 0, to: 10 }, 100_000, model({}).shares(CANARY));
    expect(routed[1]! / 100_000).toBeCloseTo(0.25, 2);
  });

  it('has log-normal times with a slow part, whose percentiles and sums hold over any pieces', () => {
    const traffic = model({
      versions: [{ name: 'a', latency: { medianMs: 40, spread: 0.5, slow: 0.03, slowMs: 1_000 } }],
    });
    const pieces = Array.from({ length: 50 }, (_, i) => traffic.latencies(1, { from: 10 * i, to: 10 * i + 10 }, 2_000));
    expect(latencyOfRank(pieces, 48_500)).toBeCloseTo(40, -1);
    expect(latencyOfRank(pieces, 99_000)).toBe(1_000);
    const mean = pieces.reduce((sum, piece) => sum + sumOfLatencies(piece), 0) / 100_000;
    expect(mean).toBeCloseTo(0.97 * 40 * Math.exp(0.125) + 0.03 * 1_000, 0);
  });

  it('has features as on the reference, but for what is empty and how far they moved', () => {
    const traffic = model({ traffic: { features: { same: {}, off: { missing: 0.2, shift: 1 } } } });
    const { same, off } = traffic.features(1, DAY, 1_000_000);
    for (const count of same!.bins) expect(count / 1_000_000).toBeCloseTo(0.1, 2);
    expect(off!.missing / 1_000_000).toBeCloseTo(0.2, 2);
    // Above the highest decile of the reference: 1 - F(1.2816 - 1).
    expect(off!.bins.at(-1)! / (1_000_000 - off!.missing)).toBeCloseTo(0.389, 2);
  });

  it('sends bursts where their key leads, and names where they say', () => {
    const burst = { at: 5, every: '2s', until: 15, outcome: 'failed' as const, to: 'b', requests: 3 };
    const versions = [{ name: 'a' }, { name: 'b' }];
    const traffic = model({ versions, traffic: { bursts: [burst] } });
    expect(traffic.bursts({ from: 0, to: 10 }, CANARY).map(({ version }) => version)).toEqual([2, 2, 2]);
    expect(traffic.bursts({ from: 10, to: 60 }, CANARY)).toHaveLength(2);
    const alone = { ...EMPTY_STATE, champion: 1 };
    expect(traffic.bursts({ from: 0, to: 6 }, alone)[0]).toMatchObject({ version: 1, requests: 3 });
    const named = model({ versions, traffic: { bursts: [{ ...burst, named: true }] } });
    expect(named.bursts({ from: 0, to: 6 }, alone)[0]).toMatchObject({ version: 2 });
  });
});
