import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CostedDeployment, CostedModel, CostView, Volume } from '../../../cli/cost/cost-view.ts';
import { estimate } from '../../../cli/cost/estimate.ts';
import { PRICE_LISTS, priceList } from '../../../cli/cost/prices.ts';

const model: CostedModel = {
  name: 'm',
  alarms: 4,
  alarmsHighResolution: 8,
  judgedAlarms: 6,
  series: 20,
  captureShare: 0.5,
  metricBytes: 500,
  captureBytes: 200,
  captureRowBytes: 300,
};
const deployment: CostedDeployment = {
  region: null,
  architecture: 'x64',
  memoryMb: 2048,
  temporaryMb: 512,
  provisioned: 0,
  validation: { memoryMb: 2048, temporaryMb: 10_240 },
  schedules: [{ name: 'drift', memoryMb: 1024, temporaryMb: 512, everySeconds: 3600 }],
  alarms: 20,
  dashboards: 1,
  keys: 1,
  secrets: 2,
  uncounted: [],
  models: [model],
};
const nothing: Volume = { predictions: 0, rowsPerRequest: 1, latencyMs: 5, gigabytes: 0 };
const list = priceList('us-east-1');

const groupOf = (found: CostView, title: RegExp) => found.groups.find((group) => title.test(group.title))!;
const amountOf = (found: CostView, title: RegExp, what: string): number =>
  groupOf(found, title).lines.find((line) => line.what === what)!.amount;
const of = (volume: Partial<Volume>, changed: Partial<CostedDeployment> = {}): CostView =>
  estimate({ ...deployment, ...changed }, { ...nothing, ...volume }, list);

describe('estimate', () => {
  it('computes a million predictions as one does by hand', () => {
    const found = of({ predictions: 1_000_000 });
    const amount = (what: string): number => amountOf(found, /predictions$/, what);
    expect(amount('requests to the API')).toBeCloseTo(1, 10); // 1 M × $1.00 a million
    expect(amount('runs of the function')).toBeCloseTo(0.2, 10); // 1 M × $0.20 a million
    expect(amount('time of the function')).toBeCloseTo(0.166667, 6); // 1 M × 2 GB × 0.005 s = 10,000 GB-s × $0.0000166667
    expect(amount('reads of the ledger')).toBeCloseTo(0.25, 10); // 1 M looks × 2 units = 2 M × $0.125 a million
    // 310 + 190 of the run, 500 of metrics, half of (200 + 300) of captures, 6 × 26 of the events = 1,406 bytes
    expect(amount('logs')).toBeCloseTo(0.703, 10); // 1.406 GB × $0.50
    expect(amount('logs kept')).toBeCloseTo(0.04218, 10); // 1.406 GB × $0.03
    expect(amount('captures delivered')).toBeCloseTo(0.00725, 10); // 0.25 GB × $0.029
    expect(amount('captures written')).toBeCloseTo(0.219, 10); // 43,800 × $0.005 a thousand
    expect(amount('captures kept')).toBeCloseTo(0.01725, 10); // 0.25 GB × 3 months × $0.023
    expect(amount('data to callers')).toBeCloseTo(0.054, 10); // 0.6 GB × $0.09
    // 1 + 0.2 + 0.166667 + 0.25 + 0.703 + 0.04218 + 0.00725 + 0.219 + 0.01725 + 0.054
    expect(groupOf(found, /predictions$/).total).toBeCloseTo(2.659347, 6);
  });

  it('computes a gigabyte of files as one does by hand', () => {
    const found = of({ gigabytes: 1 });
    const amount = (what: string): number => amountOf(found, /data files$/, what);
    expect(amount('time of the validation')).toBeCloseTo(0.00333334, 8); // 100 s × 2 GB × $0.0000166667
    expect(amount('its temporary folder')).toBeCloseTo(0.000029355, 9); // 100 s × 9.5 GB × $0.0000000309
    expect(amount('objects written')).toBeCloseTo(0.0004, 10); // 10 files × 8 × $0.005 a thousand
    expect(amount('files and dataset versions kept')).toBeCloseTo(0.0299, 10); // 1.3 GB × $0.023
  });

  it('computes a month of a model as one does by hand', () => {
    // 4 × 0.10 + 8 × 0.30 + (20 + 2) × 0.30 + 3.00 + 6 × 43,800 × 0.01/1,000 + 4 × 43,800 × 0.125/M
    // + 2 × 43,800 × 0.0004/1,000 = 0.4 + 2.4 + 6.6 + 3 + 2.628 + 0.0219 + 0.03504
    expect(groupOf(of({}), /^The model/).total).toBeCloseTo(15.08494, 8);
  });

  it('computes executions that are kept ready as one does by hand, and what runs on them at its own price', () => {
    const found = of({ predictions: 1_000_000 }, { provisioned: 2 });
    // 2 × 2 GB × 2,628,000 s = 10,512,000 GB-s × $0.0000041667
    expect(amountOf(found, /^The installation/, 'executions kept ready')).toBeCloseTo(43.80035, 4);
    // 10,000 GB-s × $0.0000097222
    expect(amountOf(found, /predictions$/, 'time of the function')).toBeCloseTo(0.097222, 8);
  });

  it('takes the price of the processor', () => {
    const arm = of({ predictions: 1_000_000 }, { architecture: 'arm64', provisioned: 1 });
    expect(amountOf(arm, /predictions$/, 'time of the function')).toBeCloseTo(0.077778, 8);
    expect(amountOf(arm, /^The installation/, 'executions kept ready')).toBeCloseTo(17.52034, 4);
  });

  it('costs what it always costs when nothing comes in', () => {
    const found = of({});
    expect(groupOf(found, /^0 predictions/).total).toBe(0);
    expect(groupOf(found, /^0 GB/).total).toBe(0);
    expect(found.total).toBeCloseTo(groupOf(found, /^The installation/).total + groupOf(found, /^The model/).total, 10);
  });

  const volumes = fc.record({
    predictions: fc.integer({ min: 0, max: 5_000_000_000 }),
    rowsPerRequest: fc.constantFrom(1, 10, 1000),
    latencyMs: fc.integer({ min: 1, max: 500 }),
    gigabytes: fc.integer({ min: 0, max: 10_000 }),
  });

  it('shows an arithmetic that adds up', () => {
    fc.assert(
      fc.property(volumes, fc.constantFrom(...PRICE_LISTS), (volume, prices) => {
        const found = estimate(deployment, volume, prices);
        for (const { lines, total } of found.groups) {
          for (const { quantity, price, amount } of lines)
            expect(amount).toBeCloseTo((quantity * price.usd) / price.per, 8);
          expect(total).toBeCloseTo(
            lines.reduce((sum, { amount }) => sum + amount, 0),
            6,
          );
        }
        expect(found.total).toBeCloseTo(
          found.groups.reduce((sum, { total }) => sum + total, 0),
          6,
        );
      }),
    );
  });

  it('never costs less for more', () => {
    fc.assert(
      fc.property(
        volumes,
        fc.integer({ min: 0, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: 1000 }),
        (volume, p, g) => {
          const more = { ...volume, predictions: volume.predictions + p, gigabytes: volume.gigabytes + g };
          expect(of(more).total).toBeGreaterThanOrEqual(of(volume).total - 1e-6);
        },
      ),
    );
  });

  it('never costs more for two months’ volume in one than in two, but for what is paid each month', () => {
    const fixed = of({}).total;
    fc.assert(
      fc.property(volumes, fc.integer({ min: 0, max: 1_000_000_000 }), (volume, predictions) => {
        const other = { ...volume, predictions };
        const both = { ...volume, predictions: volume.predictions + predictions, gigabytes: 2 * volume.gigabytes };
        const variable = (v: Volume): number => of(v).total - fixed;
        // One execution more may be busy than in each alone: its looks at the ledger.
        const rounding = ((2_628_000 / 2) * 2 * 0.125) / 1e6;
        expect(variable(both)).toBeLessThanOrEqual(variable(volume) + variable(other) + rounding);
      }),
    );
  });

  it('grows by the same for each model', () => {
    const months = [1, 2, 3].map((n) => groupOf(of({}, { models: Array(n).fill(model) }), /a month$/).total);
    const totals = [1, 2, 3].map((n) => of({}, { models: Array(n).fill(model) }).total);
    expect(months[0]).toBe(months[2]);
    expect(totals[2]! - totals[1]!).toBeCloseTo(totals[1]! - totals[0]!, 8);
  });
});

describe('price lists', () => {
  it('have a price of everything, with a date', () => {
    for (const { asOf, prices } of PRICE_LISTS) {
      expect(asOf).toMatch(/^\d{4}-\d{2}$/);
      for (const { usd, per } of Object.values(prices)) expect(usd > 0 && per > 0).toBe(true);
    }
  });

  it('say their own name where a region has none', () => {
    expect(priceList('eu-central-1').region).toBe('eu-central-1');
    expect(priceList('ap-south-2').region).toBe('us-east-1');
    expect(priceList(undefined).region).toBe('us-east-1');
  });
});
