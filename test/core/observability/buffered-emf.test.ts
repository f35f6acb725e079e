import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bufferedEmf } from '../../../core/observability/buffered-emf.ts';
import { MAX_VALUES } from '../../../core/observability/emf.ts';
import { emfSink } from '../../../core/observability/emf-sink.ts';
import type { Observation } from '../../../core/observability/observation.ts';
import { observed } from './observed.ts';

/** Whatever may be seen of a request. */
const observation: fc.Arbitrary<Observation> = fc
  .record({
    model: fc.constantFrom('a', 'b', undefined),
    version: fc.constantFrom(1, 2),
    variant: fc.constantFrom('champion' as const, 'challenger' as const),
    at: fc.integer({ min: 0, max: 5_000 }),
    asked: fc.constantFrom('infer' as const, 'explain' as const),
    outcome: fc.constantFrom('ok' as const, 'caller' as const, 'internal' as const),
    limited: fc.constantFrom(undefined, false, true),
    cache: fc.constantFrom(undefined, 'hit' as const, 'miss' as const),
    scores: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 5 }),
    rows: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ version, variant, ...rest }) => observed({ ...rest, route: { version, variant } } as Partial<Observation>));

/** Metric, dimensions and second -> every value that lines carry of it, in order of size. */
function valuesIn(lines: readonly string[]): Record<string, number[]> {
  const values: Record<string, number[]> = {};
  for (const text of lines) {
    const line = JSON.parse(text);
    for (const { Name } of line._aws.CloudWatchMetrics.flatMap(({ Metrics }: { Metrics: object[] }) => Metrics)) {
      const second = Math.floor(line._aws.Timestamp / 1_000);
      const key = `${Name} ${line.Model} ${line.Variant} ${line.Version} ${second}`;
      values[key] = [...(values[key] ?? []), ...[line[Name]].flat()].sort((a, b) => a - b);
    }
  }
  return values;
}

describe('gatheredEmf', () => {
  it('says the same as a line for each request, in fewer lines, none of them with too many values', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 400 }), fc.nat(400), (all, flushAt) => {
        const one: string[] = [];
        const gathered: string[] = [];
        const each = emfSink('dev', (line) => one.push(line));
        const together = bufferedEmf('dev', (line) => gathered.push(line));
        for (const [i, seen] of all.entries()) {
          each.record(seen);
          together.record(seen);
          if (i === flushAt) together.flush();
        }
        together.flush();
        expect(valuesIn(gathered)).toEqual(valuesIn(one));
        expect(gathered.length).toBeLessThanOrEqual(one.length);
        for (const line of gathered)
          for (const value of Object.values(JSON.parse(line)))
            if (Array.isArray(value)) expect(value.length).toBeLessThanOrEqual(MAX_VALUES);
      }),
      { numRuns: 100 },
    );
  });

  it('gathers a hundred requests of a second in one line, and begins another with the next', () => {
    const lines: string[] = [];
    const sink = bufferedEmf('dev', (line) => lines.push(line));
    for (let i = 0; i < MAX_VALUES; i++) sink.record(observed({ at: 7_000 + i }));
    expect(lines).toEqual([]);
    sink.record(observed({ at: 7_500 }));
    expect(JSON.parse(lines[0]!).Latency).toHaveLength(MAX_VALUES);
    sink.flush();
    sink.flush();
    expect(lines).toHaveLength(2);
  });

  it('keeps signals with what is measured of the same version', () => {
    const lines: string[] = [];
    const sink = bufferedEmf('dev', (line) => lines.push(line));
    sink.record(observed({ at: 7_000 }));
    sink.signal!('m', { variant: 'champion', version: 1 }, 7_100, { LoadFailure: 1 });
    sink.flush();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ LoadFailure: [1], Failure: [0], Model: 'm', Version: '1' }),
    ]);
  });
});
