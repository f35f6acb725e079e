import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricName } from '../../../core/alarms/alarm.ts';
import { MAX_VALUES, metricLine } from '../../../core/observability/emf.ts';

const names = Object.keys(METRICS) as MetricName[];

describe('metricLine', () => {
  it('is one line of embedded metric format with both sets of dimensions', () => {
    const line = metricLine({
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
              ['Model', 'Variant'],
              ['Model', 'Version'],
            ],
            Metrics: [
              { Name: 'Failure', Unit: 'None', StorageResolution: 1 },
              { Name: 'Latency', Unit: 'Milliseconds', StorageResolution: 1 },
            ],
          },
        ],
      },
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
        const line = JSON.parse(metricLine({ model: 'm', variant: 'champion', version: 1, at: 0, values }));
        const declared = line._aws.CloudWatchMetrics[0].Metrics.map((metric: { Name: string }) => metric.Name).sort();
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
      metricLine({ model: 'm', variant: 'champion', version: 1, at: 0, values: { Score: values } }),
    );
    expect(Score).toHaveLength(MAX_VALUES);
    expect(Score.reduce((a: number, b: number) => a + b) / MAX_VALUES).toBeCloseTo(0.5, 1);
  });
});
