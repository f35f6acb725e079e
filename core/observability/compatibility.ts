import type { Exposition, Labels } from './exposition.ts';
import type { ModelSeries } from './model-series.ts';
import type { VersionStatistics } from './statistics.ts';

/** Metrics under KServe's names, for its dashboards (Grafana 17969). */
export function exposeKServe(to: Exposition, models: readonly ModelSeries[]): void {
  to.family('request_preprocess_seconds', 'histogram', 'pre-process request latency');
  for (const { model, preprocess } of models) to.histogram({ model_name: model }, preprocess);
  for (const [name, phase, help] of [
    ['request_predict_seconds', 'infer', 'predict request latency'],
    ['request_postprocess_seconds', 'encode', 'post-process request latency'],
    ['request_explain_seconds', 'explain', 'explain request latency'],
  ] as const) {
    to.family(name, 'histogram', help);
    for (const { model, phases } of models) if (phases[phase]) to.histogram({ model_name: model }, phases[phase]);
  }
}

type Value = (of: VersionStatistics) => number;

const us = (ns: number): number => Math.round(ns / 1000);

/** Triton's counters; durations are cumulative. */
const TRITON: readonly (readonly [name: string, help: string, value: Value])[] = [
  ['nv_inference_request_success', 'Number of successful inference requests', ({ success }) => success.count],
  ['nv_inference_count', 'Number of inferences performed (rows)', ({ inferenceCount }) => inferenceCount],
  ['nv_inference_exec_count', 'Number of model executions performed', ({ executionCount }) => executionCount],
  ['nv_inference_request_duration_us', 'Cumulative inference request duration', ({ success }) => us(success.ns)],
  ['nv_inference_queue_duration_us', 'Cumulative inference queuing duration', ({ queue }) => us(queue.ns)],
  [
    'nv_inference_compute_input_duration_us',
    'Cumulative compute input duration',
    ({ computeInput }) => us(computeInput.ns),
  ],
  [
    'nv_inference_compute_infer_duration_us',
    'Cumulative compute inference duration',
    ({ computeInfer }) => us(computeInfer.ns),
  ],
  [
    'nv_inference_compute_output_duration_us',
    'Cumulative compute output duration',
    ({ computeOutput }) => us(computeOutput.ns),
  ],
  ['nv_cache_num_hits_per_model', 'Number of cache hits', ({ cacheHit }) => cacheHit.count],
  ['nv_cache_num_misses_per_model', 'Number of cache misses', ({ cacheMiss }) => cacheMiss.count],
  ['nv_cache_hit_duration_per_model', 'Total cache hit duration in microseconds', ({ cacheHit }) => us(cacheHit.ns)],
  [
    'nv_cache_miss_duration_per_model',
    'Total cache miss duration in microseconds',
    ({ cacheMiss }) => us(cacheMiss.ns),
  ],
];

/** Metrics under Triton's names, for its dashboards (Grafana 18027). */
export function exposeTriton(
  to: Exposition,
  versions: readonly VersionStatistics[],
  failures: readonly { readonly labels: Labels; readonly count: number }[],
): void {
  for (const [name, help, value] of TRITON) {
    to.family(name, 'counter', help);
    for (const of of versions) to.sample({ model: of.model, version: of.version }, value(of));
  }
  to.family('nv_inference_request_failure', 'counter', 'Number of failed inference requests, by reason');
  for (const { labels, count } of failures) to.sample(labels, count);
}
