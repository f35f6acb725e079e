import { describe, expect, it } from 'vitest';
import { Exposition } from '../../../core/observability/exposition.ts';
import { Histogram } from '../../../core/observability/histogram.ts';
import { PrometheusSink } from '../../../core/observability/prometheus.ts';
import { observed } from './observed.ts';

describe('Exposition', () => {
  it('writes families, escapes labels, and adds histograms up to +Inf', () => {
    const histogram = new Histogram([0.5, 1]);
    for (const value of [0.25, 0.5, 0.75, 3]) histogram.observe(value);
    const text = new Exposition('dev')
      .family('a_total', 'counter', 'line\nbreak \\ backslash')
      .sample({}, 3)
      .sample({ name: 'say "hi"\\\n' }, Number.POSITIVE_INFINITY)
      .family('b', 'histogram', 'b')
      .histogram({ model: 'm' }, histogram)
      .toString();
    expect(text).toBe(
      [
        '# HELP a_total line\\nbreak \\\\ backslash',
        '# TYPE a_total counter',
        'a_total 3',
        'a_total{name="say \\"hi\\"\\\\\\n"} +Inf',
        '# HELP b b',
        '# TYPE b histogram',
        'b_bucket{model="m",le="0.5"} 2',
        'b_bucket{model="m",le="1"} 3',
        'b_bucket{model="m",le="+Inf"} 4',
        'b_sum{model="m"} 4.5',
        'b_count{model="m"} 4',
        '',
      ].join('\n'),
    );
  });
});

describe('PrometheusSink', () => {
  const lines = async (sink: PrometheusSink, name: string) =>
    (await sink.text()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

  it('has KServe’s steps: decoding and checking are preprocessing', async () => {
    const sink = new PrometheusSink('dev');
    sink.record(observed());
    expect(await lines(sink, 'request_preprocess_seconds_sum')).toEqual([
      'request_preprocess_seconds_sum{model_name="m"} 0.003',
    ]);
    expect(await lines(sink, 'request_predict_seconds_sum')).toEqual([
      'request_predict_seconds_sum{model_name="m"} 0.01',
    ]);
    expect(await lines(sink, 'request_postprocess_seconds_count')).toEqual([
      'request_postprocess_seconds_count{model_name="m"} 1',
    ]);
    expect(await sink.text()).toContain('# TYPE request_explain_seconds histogram');
  });

  it('has Triton’s counters by model and version, failures with their reason', async () => {
    const sink = new PrometheusSink('dev');
    sink.record(observed({ cache: 'miss' }));
    sink.record(observed({ outcome: 'caller', status: 400 }));
    sink.record(observed({ outcome: 'internal', status: 500 }));
    expect(await lines(sink, 'nv_inference_count')).toEqual(['nv_inference_count{model="m",version="1"} 2']);
    expect(await lines(sink, 'nv_inference_request_duration_us')).toEqual([
      'nv_inference_request_duration_us{model="m",version="1"} 20000',
    ]);
    expect(await lines(sink, 'nv_inference_compute_infer_duration_us')).toEqual([
      'nv_inference_compute_infer_duration_us{model="m",version="1"} 6000',
    ]);
    expect(await lines(sink, 'nv_cache_num_misses_per_model')).toEqual([
      'nv_cache_num_misses_per_model{model="m",version="1"} 1',
    ]);
    expect(await lines(sink, 'nv_inference_request_failure')).toEqual([
      'nv_inference_request_failure{model="m",version="1",reason="OTHER"} 1',
      'nv_inference_request_failure{model="m",version="1",reason="BACKEND"} 1',
    ]);
  });

  it('knows the parts of a release apart, and counts no request for a shadow', async () => {
    const sink = new PrometheusSink('dev');
    sink.record(observed({ scores: [0.03, 0.97], tolerated: 1 }));
    sink.record(observed({ status: 0, route: { variant: 'shadow', version: 2 }, scores: [0.5] }));
    expect(await lines(sink, 'trimtab_requests_total')).toEqual([
      'trimtab_requests_total{environment="dev",protocol="v2",operation="infer",outcome="ok",code="200"} 1',
    ]);
    expect(await lines(sink, 'trimtab_rows_total')).toEqual([
      'trimtab_rows_total{environment="dev",model="m",version="1",variant="champion"} 2',
      'trimtab_rows_total{environment="dev",model="m",version="2",variant="shadow"} 2',
    ]);
    expect(await lines(sink, 'trimtab_score_bucket')).toEqual(
      expect.arrayContaining([
        'trimtab_score_bucket{environment="dev",model="m",version="1",variant="champion",le="0.05"} 1',
        'trimtab_score_bucket{environment="dev",model="m",version="2",variant="shadow",le="0.5"} 1',
      ]),
    );
    expect(await lines(sink, 'trimtab_violations_total')).toContain(
      'trimtab_violations_total{environment="dev",model="m",version="1",variant="champion",outcome="tolerated"} 1',
    );
  });

  it('shows signals as gauges with their last value', async () => {
    const sink = new PrometheusSink('dev');
    const route = { variant: 'champion', version: 3 } as const;
    sink.signal('m', route, 0, { LoadFailure: 1 });
    sink.signal('m', route, 0, { LoadFailure: 0, StaleRelease: 1 });
    const labels = '{environment="dev",model="m",version="3",variant="champion"}';
    expect(await lines(sink, 'trimtab_load_failed')).toEqual([`trimtab_load_failed${labels} 0`]);
    expect(await lines(sink, 'trimtab_release_stale')).toEqual([`trimtab_release_stale${labels} 1`]);
  });

  it('holds a bounded number of series, whatever versions come and go', async () => {
    const sink = new PrometheusSink('dev', 5);
    for (let version = 1; version <= 20; version++) sink.record(observed({ route: { variant: 'champion', version } }));
    expect(await lines(sink, 'trimtab_rows_total')).toHaveLength(5);
    expect(await lines(sink, 'nv_inference_count')).toHaveLength(5);
  });
});
