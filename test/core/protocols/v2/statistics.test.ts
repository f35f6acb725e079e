import { describe, expect, it } from 'vitest';
import { Observation } from '../../../../core/observability/observation.ts';
import { Statistics } from '../../../../core/observability/statistics.ts';
import type { Catalog, Operation } from '../../../../core/protocols/protocol.ts';
import { v2 } from '../../../../core/protocols/v2/v2.ts';
import { catalog, head, post } from '../protocol-models.ts';

function show(path: string, from: Catalog = catalog) {
  const operation = v2.resolve(head('GET', path), from) as Extract<Operation, { kind: 'show' }>;
  return JSON.parse(operation.show(from, post('')).body as string).model_stats;
}

describe('The statistics extension', () => {
  it('counts what a version did, in nanoseconds', () => {
    const statistics = new Statistics();
    const seen = new Observation('v2', 1_700_000_000_000, 0);
    Object.assign(seen, { asked: 'infer', model: 'm', route: { variant: 'champion', version: 3 }, rows: 5 });
    seen.lap('decode', 1);
    seen.lap('check', 2);
    seen.lap('infer', 5);
    seen.lap('encode', 6);
    seen.end(7);
    statistics.record(seen);
    const counting = { ...catalog, statistics: statistics.of.bind(statistics) };
    expect(show('/v2/models/m/versions/3/stats', counting)).toMatchObject([
      {
        name: 'm',
        version: '3',
        last_inference: 1_700_000_000_000,
        inference_count: 5,
        execution_count: 1,
        inference_stats: {
          success: { count: 1, ns: 7e6 },
          fail: { count: 0, ns: 0 },
          compute_input: { count: 1, ns: 2e6 },
          compute_infer: { count: 1, ns: 3e6 },
          compute_output: { count: 1, ns: 1e6 },
        },
      },
    ]);
  });

  it('names every version that is served, those that nobody asked yet with zeros', () => {
    for (const path of ['/v2/models/stats', '/v2/models/m/stats'])
      expect(show(path)).toMatchObject([
        { name: 'm', version: '3', inference_count: 0, inference_stats: { success: { count: 0, ns: 0 } } },
        { name: 'm', version: '4' },
      ]);
    expect(show('/v2/models/empty/stats')).toEqual([]);
  });

  it('is 404 for a model or version that is not served', () => {
    for (const path of ['/v2/models/nobody/stats', '/v2/models/m/versions/9/stats'])
      expect(() => show(path)).toThrow(expect.objectContaining({ status: 404 }));
  });
});
