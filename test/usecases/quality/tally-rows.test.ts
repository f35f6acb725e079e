import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_STRING } from '../../../core/captures/capture.ts';
import { Contract } from '../../../core/contract/contract.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import type { VersionTallies } from '../../../core/quality/hour-tallies.ts';
import { compileSegments } from '../../../core/quality/segments.ts';
import type { SegmentTally } from '../../../core/quality/tally.ts';
import { mergeHours } from '../../../usecases/quality/describe-quality.ts';
import { type JoinedRow, tallyHour, tallyRules } from '../../../usecases/quality/tally-rows.ts';
import { manifest, row, several, tally } from './joined-rows.ts';

const segmentsOf = (hours: readonly VersionTallies[]): Record<string, SegmentTally> => hours[0]!.strata[0]!.segments;

describe('tallyHour', () => {
  it('counts by hour of the prediction and by version', () => {
    const hours = tally([
      row('a'),
      row('b', { version: 2 }),
      row('c', { at: '2026-01-31T13:00:00.000Z' }),
      row('d', { at: '2026-01-31T12:59:59.999Z' }),
    ]);
    expect(hours.map(({ hour, version }) => `${hour} v${version}`)).toEqual([
      '2026-01-31T12 v1',
      '2026-01-31T12 v2',
      '2026-01-31T13 v1',
    ]);
    expect(segmentsOf(hours)['']!.decisions).toMatchObject({ tp: 2, fn: 0 });
  });

  it('counts each segment by itself, what is missing and what is unknown too', () => {
    const names = Object.keys(
      segmentsOf(
        tally([
          row('a'),
          row('b', { features: { carrier: 'ZZ', distance: 1_000, weekday: 9, night: 1 } }),
          row('c', { features: { distance: 20, weekday: null, night: 'no' } }),
        ]),
      ),
    );
    expect(names.sort()).toEqual([
      '',
      'carrier=(missing)',
      'carrier=(other)',
      'carrier=UA',
      'distance=500..1000',
      'distance=<500',
      'distance=>=1000',
      'night=false',
      'night=no',
      'night=true',
      'weekday=(missing)',
      'weekday=(other)',
      'weekday=3',
    ]);
  });

  it('breaks at every change of the shares', () => {
    const [hour] = tally([row('a'), row('b', { at: '2026-01-31T12:45:00.000Z' })], manifest, [
      '2026-01-31T12:40:00.000Z',
      '2026-01-31T12:50:00.000Z',
    ]);
    expect(hour!.strata.map(({ since, segments }) => [since, segments['']!.units.rows])).toEqual([
      [null, 1],
      ['2026-01-31T12:40:00.000Z', 1],
    ]);
  });

  it('counts a row where the release was that routed it, though shares had changed meanwhile', () => {
    const changes = ['2026-01-31T12:10:00.000Z', '2026-01-31T12:20:00.000Z'];
    const since = new Map<number, string | null>([
      [1, null],
      [4, changes[0]!],
      [5, changes[1]!],
    ]);
    const rows = [
      row('a', { revision: 1 }),
      row('b', { revision: 4 }),
      row('c', { revision: 5 }),
      row('d', { revision: 9 }),
    ];
    const [hour] = tallyHour(rows, {
      rulesOf: () => tallyRules(manifest, undefined),
      sharesChanged: changes,
      sinceOf: (revision) => since.get(revision),
    });
    expect(hour!.strata.map((each) => [each.since, each.segments['']!.units.rows])).toEqual([
      [null, 1],
      [changes[0], 1],
      [changes[1], 2],
    ]);
  });

  it('counts what is said again once, the last of it, and neither shadows nor versions that are not known', () => {
    const hours = tally([
      row('a', { truth: 1 }),
      row('a', { truth: 0 }),
      row('b', { variant: 'shadow' }),
      row('c', { version: 9 }),
    ]);
    expect(hours).toHaveLength(1);
    expect(segmentsOf(hours)['']!.decisions).toMatchObject({ tp: 0, fp: 1 });
  });

  it('takes rows of a request for one unit, and those of one routing key', () => {
    const units = (...rows: JoinedRow[]) => segmentsOf(tally(rows))['']!.units;
    expect(units(row('a#0'), row('a#1'), row('b'))).toMatchObject({ n: 2, rows: 3, rowsRows: 5 });
    expect(units(row('a', { unit: 'k' }), row('b', { unit: 'k' }))).toMatchObject({ n: 1, rows: 2 });
  });

  it('marks what is not counted: named versions, requests without an answer, and rows that their caller repeats', () => {
    const hours = tally([
      row('a', { digest: 'x' }),
      row('b', { digest: 'x', truth: 0, at: '2026-01-31T12:30:01.000Z' }),
      row('c', { digest: 'y' }),
      row('d', { named: true }),
      row('e', { failed: true, score: null }),
      row('f', { digest: 'x', version: 2 }),
    ]);
    expect(hours.map(({ version, uncounted }) => [version, uncounted])).toEqual([
      [1, { named: 1, failed: 1, repeated: 1 }],
      [2, { named: 0, failed: 0, repeated: 0 }],
    ]);
    // The first prediction counts, whatever was said of the others.
    expect(segmentsOf(hours)['']!.decisions).toMatchObject({ tp: 2, fp: 0, invalid: { positive: 0, negative: 0 } });
  });

  it('counts a truth and what a prediction was worth, both, where rows repeat', () => {
    const worth: JoinedRow = { ...row('a', { digest: 'x' }), feedback: { id: 'a', metric: 'revenue', value: 3 } };
    const all = segmentsOf(tally([row('a', { digest: 'x' }), worth]))['']!;
    expect([all.decisions, all.business]).toMatchObject([{ tp: 1 }, { revenue: { n: 1 } }]);
  });

  it('keeps what predictions were worth beside what they turned out to be', () => {
    const worth = (id: string, value: number, at?: string): JoinedRow => ({
      ...row(id),
      feedback: { id, metric: 'revenue', value, ...(at === undefined ? {} : { at }) },
    });
    const all = segmentsOf(
      tally([worth('a', 3), worth('a', 5, '2026-02-01T00:00:00Z'), worth('b', 10), worth('b', 7), row('a')]),
    )['']!;
    expect(all.business).toEqual({ revenue: { n: 3, sum: 15, m2: 8 } });
    expect(all.decisions).toMatchObject({ tp: 1 });
  });

  it('counts a business metric named constructor, of hours put together too', () => {
    const worth = (id: string, hour: number): JoinedRow => ({
      ...row(id, { at: `2026-01-31T${hour}:30:00.000Z` }),
      feedback: { id, metric: 'constructor', value: 3 },
    });
    // The hour before has none of it.
    const hours = tally([row('a', { at: '2026-01-31T11:30:00.000Z' }), worth('b', 12), worth('c', 13)]);
    expect(mergeHours(hours).get('')!.business).toEqual({ constructor: { n: 2, sum: 6, m2: 0 } });
  });

  it('takes features for missing that are named like members of every object', () => {
    const of = Manifest.parse({
      name: 'flights',
      contract: { features: [{ name: 'toString', type: 'string' }] },
      monitoring: { segments: [{ feature: 'toString' }] },
      decision: { task: 'binary', output: 'p', threshold: 0.5 },
    });
    const rules = {
      ...tallyRules(of, undefined),
      segments: compileSegments(of.monitoring.segments, of.contract, { rows: 0, columns: {} }),
    };
    expect(rules.segments({})).toEqual(['', 'toString=(missing)']);
    expect(rules.segments({ toString: 'a' })).toEqual(['', 'toString=(other)']);
  });

  it('tells allowed values apart that captures hold cut', () => {
    const [long, other] = ['a', 'b'].map((last) => `${'x'.repeat(LONGEST_STRING + 1)}${last}`) as [string, string];
    const short = 'x'.repeat(LONGEST_STRING);
    const segments = (allowed: string[]) =>
      compileSegments(
        [{ feature: 'f' }],
        Contract.parse({ features: [{ name: 'f', type: 'string', allowed }] }),
        undefined,
      );
    expect(segments([long])({ f: short })).toEqual(['', `f=${short}`]);
    expect(segments([long, other])({ f: short })).toEqual(['', `f=${short}`]);
  });

  it('counts an answer that is none as an error of its own kind', () => {
    expect(segmentsOf(tally([row('a', { score: null })]))['']!.decisions).toMatchObject({
      invalid: { positive: 1, negative: 0 },
    });
  });

  it('counts several classes, with probabilities where they were captured', () => {
    const rows = [
      row('a', { score: 2, truth: 'late', probabilities: [0.1, 0.2, 0.7] }),
      row('b', { score: 0, truth: 'late' }),
      row('c', { score: 0, truth: 'cancelled' }),
    ];
    expect(segmentsOf(tally(rows, several))['']!.decisions).toMatchObject({
      n: 2,
      correct: 1,
      confusion: { '2,2': 1, '2,0': 1 },
      probabilities: { brier: { n: 1 } },
    });
  });

  it('gives the same whatever the order of the rows, and of parts what the whole gives', () => {
    const rows = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 1_000 }),
        score: fc.double({ min: 0, max: 1, noNaN: true }),
        truth: fc.boolean(),
        carrier: fc.constantFrom('UA', 'DL', 'B6', null),
        hour: fc.constantFrom('12', '13'),
      }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(rows, (all) => {
        const joined = all.map(({ id, score, truth, carrier, hour }) =>
          row(String(id), { score, truth, features: { carrier }, at: `2026-01-31T${hour}:00:00.000Z` }),
        );
        const counts = (hours: readonly VersionTallies[]): unknown =>
          [...mergeHours(hours)]
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([name, { decisions, units }]) => [name, { ...decisions, probabilities: {} }, units]);
        const half = Math.floor(joined.length / 2);
        const whole = counts(tally(joined));
        expect(counts(tally(joined.toReversed()))).toEqual(whole);
        expect(counts([...tally(joined.slice(0, half)), ...tally(joined.slice(half))])).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});
