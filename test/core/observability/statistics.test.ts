import { describe, expect, it } from 'vitest';
import { Statistics } from '../../../core/observability/statistics.ts';
import { observed } from './observed.ts';

const MS = 1e6;

describe('Statistics', () => {
  it('adds up successes and their steps, the waiting apart from the run', () => {
    const statistics = new Statistics();
    statistics.record(observed());
    statistics.record(observed({ at: 900 } as object));
    expect(statistics.of('m', 1)).toMatchObject([
      {
        lastInference: 1_000,
        inferenceCount: 4,
        executionCount: 2,
        success: { count: 2, ns: 40 * MS },
        fail: { count: 0, ns: 0 },
        queue: { count: 2, ns: 8 * MS },
        computeInput: { count: 2, ns: 6 * MS },
        computeInfer: { count: 2, ns: 12 * MS },
        computeOutput: { count: 2, ns: 6 * MS },
      },
    ]);
  });

  it('counts what failed apart, and neither its rows nor its steps', () => {
    const statistics = new Statistics();
    statistics.record(observed({ outcome: 'internal' }));
    expect(statistics.of('m')).toMatchObject([
      {
        fail: { count: 1, ns: 20 * MS },
        success: { count: 0 },
        inferenceCount: 0,
        executionCount: 0,
        lastInference: 0,
      },
    ]);
  });

  it('counts a batch of several requests as one run', () => {
    const statistics = new Statistics();
    for (let i = 0; i < 4; i++) statistics.record(observed({ rows: 2, batch: 8 }));
    expect(statistics.of('m')).toMatchObject([{ inferenceCount: 8, executionCount: 1, success: { count: 4 } }]);
  });

  it('runs nothing for an answer out of the cache', () => {
    const statistics = new Statistics();
    statistics.record(observed({ cache: 'miss' }));
    statistics.record(observed({ cache: 'hit' }));
    expect(statistics.of('m')).toMatchObject([
      { success: { count: 2 }, cacheHit: { count: 1 }, cacheMiss: { count: 1 }, executionCount: 1, inferenceCount: 2 },
    ]);
  });

  it('knows models and versions apart, and shows them in order', () => {
    const statistics = new Statistics();
    for (const [model, version] of [
      ['b', 1],
      ['a', 10],
      ['a', 2],
    ] as const)
      statistics.record(observed({ model, route: { variant: 'champion', version } }));
    expect(statistics.of().map(({ model, version }) => `${model} ${version}`)).toEqual(['a 2', 'a 10', 'b 1']);
    expect(statistics.of('a', 10)).toHaveLength(1);
    expect(statistics.of('c')).toEqual([]);
  });

  it('holds a bounded number of versions, and drops the one that has been silent longest', () => {
    const statistics = new Statistics(10);
    for (let version = 1; version <= 15; version++)
      statistics.record(
        Object.assign(observed({ route: { variant: 'champion', version } }), { at: version === 1 ? 5_000 : version }),
      );
    const versions = statistics.of('m').map(({ version }) => version);
    expect(versions).toHaveLength(10);
    expect(versions.slice(0, 2)).toEqual([1, 7]);
  });
});
