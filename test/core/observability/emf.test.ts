import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_VALUES, metricLine } from '../../../core/observability/emf.ts';
import { METRICS, type MetricName } from '../../../core/observability/metric-names.ts';

const names = Object.keys(METRICS) as MetricName[];

interface Directive {
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: MetricName }[];
}

describe('metricLine', () => {
  it('is one line of embedded metric format with both sets of dimensions', () => {
    const line = metricLine({
      environment: 'local',
      model: 'flights',
      variant: 'challenger',
      version: 3,
      at: 1_700_000_000_000,
      values: { Failure: 0, Latency: 1.5 },
    });
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Trimtab',
            Dimensions: [
              ['Environment', 'Model', 'Variant'],
              ['Environment', 'Model', 'Version'],
            ],
            Metrics: [
              { Name: 'Failure', Unit: 'None', StorageResolution: 1 },
              { Name: 'Latency', Unit: 'Milliseconds', StorageResolution: 1 },
            ],
          },
        ],
      },
      Environment: 'local',
      Model: 'flights',
      Variant: 'challenger',
      Version: '3',
      Failure: 0,
      Latency: 1.5,
    });
  });

  it('declares exactly the metrics it carries, whatever they are', () => {
    const value = fc.oneof(fc.double(), fc.array(fc.double(), { maxLength: 300 }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (values) => {
        const line = JSON.parse(
          metricLine({ environment: 'local', model: 'm', variant: 'champion', version: 1, at: 0, values }),
        );
        const declared: string[] = [];
        for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics as Directive[])
          for (const { Name } of Metrics) {
            declared.push(Name);
            expect(Dimensions.map((set) => set.at(-1))).toEqual(METRICS[Name].by);
            for (const set of Dimensions) expect(set.slice(0, 2)).toEqual(['Environment', 'Model']);
          }
        declared.sort();
        const carried = names.filter((name) => name in line).sort();
        expect(declared).toEqual(carried);
        for (const name of carried) {
          const found = [line[name]].flat();
          expect(found.length).toBeLessThanOrEqual(MAX_VALUES);
          expect(found.every((each: unknown) => typeof each === 'number')).toBe(true);
        }
      }),
    );
  });

  it('thins a long array evenly, so that its average holds', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => i / 1_000);
    const { Score } = JSON.parse(
      metricLine({
        environment: 'local',
        model: 'm',
        variant: 'champion',
        version: 1,
        at: 0,
        values: { Score: values },
      }),
    );
    expect(Score).toHaveLength(MAX_VALUES);
    expect(Score.reduce((a: number, b: number) => a + b) / MAX_VALUES).toBeCloseTo(0.5, 1);
  });
});
