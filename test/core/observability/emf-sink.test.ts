import { describe, expect, it } from 'vitest';
import { alarmsOf } from '../../../core/alarms/definitions.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { bufferedEmf } from '../../../core/observability/buffered-emf.ts';
import { emfSink } from '../../../core/observability/emf-sink.ts';
import { Observation, type OperationKind, type Sink } from '../../../core/observability/observation.ts';

/** One line a request, and lines that many share: what is measured must not depend on which of them is at work. */
const sinks: [string, (environment: string, emit: (line: string) => void) => Sink & { flush?(): void }][] = [
  ['a line each', emfSink],
  ['gathered', bufferedEmf],
];

describe.each(sinks)('metrics, %s', (_, open) => {
  const metricsOf = (asked: OperationKind, change: (seen: Observation) => void = () => undefined) => {
    const lines: string[] = [];
    const sink = open('dev', (line) => lines.push(line));
    const seen = new Observation('v1', 1_000, 0);
    Object.assign(seen, {
      asked,
      model: 'm',
      route: { version: 1, variant: 'champion' },
      rows: 3,
      duration: 1_234.5678,
    });
    change(seen);
    sink.record(seen);
    sink.flush?.();
    const { _aws, Environment, Model, Variant, Version, ...values } = JSON.parse(lines[0]!);
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat()[0]]));
  };

  it('have the time of an explanation in no metric that an alarm looks at', () => {
    const alarmed = new Set(
      alarmsOf(Manifest.parse({ name: 'm', contract: { features: [] } }), 'dev').map(({ metric }) => metric),
    );
    expect(alarmed).toContain('Latency');
    const found = metricsOf('explain');
    expect(found).toEqual({ ExplainFailure: 0, ExplainLatency: 1234.568 });
    for (const name of Object.keys(found)) expect(alarmed).not.toContain(name);
    expect(metricsOf('infer')).toMatchObject({ Latency: 1234.568, Rows: 3, Failure: 0 });
  });

  it('count an explanation that failed inside, and not one that was refused', () => {
    const ended = (outcome: Observation['outcome']) => metricsOf('explain', (seen) => Object.assign(seen, { outcome }));
    expect([ended('internal'), ended('unavailable'), ended('caller')].map((each) => each.ExplainFailure)).toEqual([
      1, 1, 0,
    ]);
  });

  it('tell callers who were turned away, whatever they asked for', () => {
    const turned = (asked: OperationKind, limited: boolean) =>
      metricsOf(asked, (seen) => Object.assign(seen, { limited }));
    expect(turned('explain', true)).toEqual({ RateLimited: 1 });
    expect(turned('feedback', true)).toEqual({ RateLimited: 1 });
    expect(turned('explain', false)).toMatchObject({ RateLimited: 0, ExplainFailure: 0 });
  });
});
