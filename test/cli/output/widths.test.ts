import { describe, expect, it } from 'vitest';
import { formatComparison } from '../../../cli/output/comparison.ts';
import { formatQuality } from '../../../cli/output/quality.ts';
import { formatStatus } from '../../../cli/output/status.ts';
import { table } from '../../../cli/output/table.ts';
import { formatTruthDelay } from '../../../cli/output/truth-delay.ts';
import { hanging, wrapped } from '../../../cli/output/wrapped.ts';
import { findingSentence } from '../../../core/judge/sentences.ts';
import type { Metric } from '../../../core/quality/metric.ts';
import { EMPTY_STATE } from '../../../core/registry/ledger.ts';
import type { CompareView } from '../../../usecases/quality/compare-view.ts';
import type { QualityView } from '../../../usecases/quality/quality-view.ts';
import type { ModelStatus } from '../../../usecases/release/status-view.ts';

const LONG =
  'a reason that goes on and on, for it names what was found, what was expected and what could be done about it';
const NAME = 'average-delay-of-connecting-flights-by-carrier-and-airport';

function expectNarrow(text: string): void {
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
}

const metric = (value: number, rest: Partial<Metric> = {}): Metric => ({
  value,
  low: value * 0.987654,
  high: value * 1.0123456,
  method: 'bootstrap',
  bound: 0.00081234,
  n: 1_234_567,
  reason: null,
  ...rest,
});
const none = metric(0, { value: null, low: null, high: null, method: null, bound: 0, reason: LONG });

const quality: QualityView = {
  model: NAME,
  version: 12,
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-08T00:00:00.000Z',
  segment: `${NAME}=frankfurt`,
  task: 'regression',
  truths: 1_234_567,
  uncounted: { named: 123_456, failed: 123_456, repeated: 123_456 },
  unknownTruths: 123_456,
  unreadable: [{ hour: '2026-01-01T12', reason: LONG }],
  units: 123_456,
  designEffect: 25,
  metrics: {
    mae: metric(0.123456),
    rmse: metric(1.23e-7),
    r2: none,
    errorAboveMedian: metric(0.5),
    errorAboveP90: metric(0.1),
    macroRecall: none,
  },
  classes: { [NAME]: { recall: metric(0.9), precision: metric(0.9), f1: metric(0.9) } },
  deciding: [{ metric: 'errorAboveP90', class: null }],
  confusion: {
    truths: Array.from({ length: 12 }, (_, i) => `${NAME} ${i}`),
    decisions: Array.from({ length: 12 }, (_, i) => `${NAME} ${i}`),
    counts: Array.from({ length: 12 }, () => new Array<number>(12).fill(123_456)),
  },
  calibration: [{ low: 0, high: 1, n: 1_234_567, predicted: 0.2, observed: 0.8 }],
  business: {
    [NAME]: { unit: 'euros a flight', mean: metric(12.3456), total: none },
    other: { unit: null, mean: none, total: none },
  },
  inputs: [],
  segments: [],
};

describe('text for people fits a terminal of 80 columns', () => {
  it('in the quality of a version', () => {
    expectNarrow(formatQuality(quality));
    expectNarrow(formatQuality({ ...quality, truths: 0, business: {} }));
    const whole = formatQuality({
      ...quality,
      segment: '',
      segments: [
        { name: `${NAME}=frankfurt`, truths: 1_234, metric: 'mae', value: metric(0.5) },
        { name: 'other', truths: 1, metric: 'mae', value: none },
      ],
      inputs: [
        {
          feature: NAME,
          rows: 1,
          missing: 0.5,
          violations: 0.5,
          hours: new Array(30).fill({ hour: '2026-01-01T12', rows: 1, missing: 1, violations: 0 }),
        },
      ],
    });
    expectNarrow(whole);
    // One line a reason, with all that it holds for.
    expect(whole.replace(/\s+/g, ' ')).toContain(`not defined, as ${LONG}: macro recall, R²`);
  });

  it('in a comparison, which says what is read off bins', () => {
    const difference = { n: 1_575, units: 1_575, mean: -0.0271234, low: -0.0412345, high: -0.0131234 };
    const view: CompareView = {
      model: NAME,
      first: 1,
      second: 2,
      source: { kind: 'data', file: `data/${NAME}.csv` },
      task: 'regression',
      rows: 1_575,
      unknown: 3,
      leftOut: 3,
      refused: [1, 1],
      metrics: {
        mae: { first: metric(0.1234), second: metric(0.1234), difference },
        rmse: { first: metric(0.1234), second: metric(0.1234), difference: null },
        errorAboveMedian: { first: metric(0.5, { bound: 0.004 }), second: metric(0.5), difference },
        errorAboveP90: { first: metric(0.1), second: metric(0.1), difference },
      },
      classes: { [NAME]: { recall: { first: metric(0.5), second: metric(0.4), difference } } },
      deciding: ['errorAboveMedian', 'errorAboveP90'],
      errors: { bothRight: 1, bothWrong: 123_456, onlyFirstWrong: 123_456, onlySecondWrong: 123_456, p: 0.0012345 },
      agreement: { share: 0.5, low: 0.4, high: 0.6 },
      rankCorrelation: 0.5,
    };
    const text = formatComparison(view);
    expectNarrow(text);
    expect(text.replace(/\s+/g, ' ')).toContain('above median of first ±0.4 pts');
    expectNarrow(formatComparison({ ...view, rows: 0 }));
  });

  it('in the status of a model', () => {
    const test = {
      metric: 'averageDelayOfConnectingFlights',
      better: 'lower',
      rate: false,
      minEffect: 0.05,
    };
    const challenger = { version: 12, weight: 0.25, step: 0, steps: [0.25, 0.5, 0.75, 1], test };
    const status = {
      model: NAME,
      release: {
        ...EMPTY_STATE,
        revision: 123,
        since: '2026-01-01T00:00:00.000Z',
        champion: 11,
        challengers: [challenger],
        shadow: { version: 13 },
        previous: [1, 2, 3],
        quarantined: [{ version: 3, reason: LONG }],
        awaiting: { target: 3, since: '2026-01-01T00:00:00.000Z' },
      },
      challengers: [
        {
          version: 12,
          step: null,
          test: { difference: 0.1, low: -0.1, high: 0.3, progress: 0.999, reason: LONG },
        },
      ],
      serving: {
        state: 'failing' as const,
        answering: 3,
        reason: 'it does not answer its rehearsal as when it was registered',
      },
      shadow: null,
      judge: null,
      automation: { frozen: null, advises: [] },
      business: [
        { metric: NAME, unit: 'euros a flight', variant: 'challenger', values: 123_456, mean: 12.345 },
        { metric: NAME, unit: null, variant: 'champion', values: 123_456, mean: null },
      ],
      replay: [{ version: 11, replayable: false, replayProblem: LONG }],
      truthDelay: { p90Ms: null, medianMs: null, uncorrectedP90Ms: null, truths: 3, reason: LONG },
      truths: {
        arrived: { files: 123_456, since: '2026-01-01T00:00:00.000Z' },
        waiting: { truths: 123_456, since: '2026-01-01T00:00:00.000Z' },
        rejected: [{ kind: 'unfit', count: 123_456, reason: LONG }],
        days: 7,
        kept: `quarantine/ground-truth/${NAME}/`,
      },
      asked: [
        { cause: 'infrastructure', reason: LONG, since: '2026-01-01T00:00:00.000Z', asks: LONG, runbook: 'data.md' },
      ],
      unread: [`${NAME}: ${LONG}`],
    } as unknown as ModelStatus;
    const paging = [{ alarm: 'Trimtab-dev-JudgeHeartbeat', state: 'ALARM', reason: LONG } as const];
    const LOSS = {
      host: LONG,
      pid: 1,
      alive: true,
      at: '2026-01-01T00:00:00.000Z',
      losses: [
        {
          what: 'captures',
          reason: 'disk-full',
          message: LONG,
          since: '2026-01-01T00:00:00.000Z',
          until: null,
          lost: 1,
          refused: 2,
        },
      ],
    };
    expectNarrow(formatStatus({ at: '2026-01-01T00:00:00.000Z', models: [status], paging, bookkeeping: [LOSS] }));
    const finding = {
      metric: 'answers slower than 500 ms',
      segment: 'carrier=frankfurt',
      className: 'much too late',
      basis: 'rates',
      finding: 'unclear',
      suspect: { n: 123_456, bad: 1_234 },
      reference: { n: 123_456, bad: 1_234 },
      difference: 0.01,
      low: -0.02,
      high: 0.05,
      margin: 0.016,
      evidence: 1,
      needed: 9,
    } as const;
    const step = {
      ...status,
      release: {
        ...status.release,
        challengers: [{ ...challenger, test: undefined, waiting: '2026-01-02T12:00:00.000Z' }],
      },
      challengers: [{ version: 12, test: null, step: { findings: [finding] } }],
      judge: {
        verdicts: [
          {
            version: 12,
            cause: 'unclear',
            action: 'ask-person',
            reason: `${findingSentence(finding)}; it has waited 24 h, and would take about 3 h more: decide yourself`,
            findings: [finding],
            missing: [NAME, NAME, NAME],
          },
        ],
        alarms: [NAME, NAME],
        would: 'promote version 12',
        withheld: `user:ada has frozen automation until 2026-01-01T14:00Z (${LONG})`,
        replays: [
          {
            suspect: 12,
            reference: 11,
            hour: '2026-01-01T12',
            asked: 1_234,
            failures: { n: 1_234, both: 1_000, suspectOnly: 234, referenceOnly: 0 },
            slow: { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 },
            answers: { n: 1_000, disagree: 500 },
            truth: [
              {
                metric: 'recall',
                className: NAME,
                pairs: { n: 1_234, both: 1_000, suspectOnly: 234, referenceOnly: 0 },
              },
            ],
          },
        ],
      },
      automation: {
        frozen: {
          entry: 3,
          at: '2026-01-01T12:00:00.000Z',
          until: '2026-01-01T14:00:00.000Z',
          by: 'user:ada',
          reason: LONG,
        },
        advises: [11, 12],
      },
    } as unknown as ModelStatus;
    const text = formatStatus({ at: '2026-01-01T00:00:00.000Z', models: [step], paging, bookkeeping: null });
    expectNarrow(text);
    const words = text.replace(/\s+/g, ' ');
    expect(words).toContain('frozen until 2026-01-01 14:00Z, by user:ada at 2026-01-01 12:00Z: ');
    // What is shown of every rate is not said again.
    expect(words).toContain(
      'judge version 12: needs a person, asked at 2026-01-02 12:00Z, cause unclear: it has waited 24 h, and would take about 3 h more: decide yourself',
    );
    expect(words).toContain('would promote version 12, but user:ada has frozen automation');
    expect(words).toContain('failed again: both 1000, the one alone 234, the other alone 0 of 1234');
    const delay = { p90Ms: 5e8, medianMs: 5e8, uncorrectedP90Ms: 4e8, truths: 123_456, reason: null };
    expectNarrow(formatTruthDelay(delay).join('\n'));
  });
});

it('lines are broken between words, and behind a label', () => {
  expect(wrapped('of the', { indent: 2, label: '* ' })).toEqual(['* of the']);
  const words = new Array(40).fill('of').join(' ');
  expect(
    hanging(words)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(words);
  expect(hanging(words)[1]).toMatch(/^ {2}of/);
});

it('a table is cut in the columns that may be, the widest first', () => {
  const text = table(['a', 'b', 'c'], [['x'.repeat(60), 'y'.repeat(30), 'z'.repeat(20)]], { shorten: [0, 1] });
  expectNarrow(text);
  expect(text).toContain('z'.repeat(20));
  expect(text).toContain(`${'y'.repeat(27)}…`);
});
