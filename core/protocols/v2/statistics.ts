import type { Total, VersionStatistics } from '../../observability/statistics.ts';
import { type Catalog, json, known } from '../protocol.ts';

const NONE: Total = { count: 0, ns: 0 };

/** A version that is served and has not been asked yet. */
const silent = (model: string, version: number): VersionStatistics => ({
  model,
  version,
  lastInference: 0,
  inferenceCount: 0,
  executionCount: 0,
  success: NONE,
  fail: NONE,
  queue: NONE,
  computeInput: NONE,
  computeInfer: NONE,
  computeOutput: NONE,
  cacheHit: NONE,
  cacheMiss: NONE,
});

/**
 * Triton's statistics extension: of one version, of a model's versions that are served, or of all models'.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 *
 * @throws ProtocolError 404
 */
export function showStatistics(catalog: Catalog, model?: string, version?: number) {
  const models = model === undefined ? catalog.models() : [model];
  const versions = models.flatMap((name) =>
    [...new Set(known(catalog, name, version).map((served) => served.version))].map(
      (number) => catalog.statistics(name, number)[0] ?? silent(name, number),
    ),
  );
  return json(200, { model_stats: versions.map(statisticsOf) });
}

const statisticsOf = (of: VersionStatistics) => ({
  name: of.model,
  version: String(of.version),
  last_inference: of.lastInference,
  inference_count: of.inferenceCount,
  execution_count: of.executionCount,
  inference_stats: {
    success: totalOf(of.success),
    fail: totalOf(of.fail),
    queue: totalOf(of.queue),
    compute_input: totalOf(of.computeInput),
    compute_infer: totalOf(of.computeInfer),
    compute_output: totalOf(of.computeOutput),
    cache_hit: totalOf(of.cacheHit),
    cache_miss: totalOf(of.cacheMiss),
  },
  // Neither is counted by batch size, nor does anything answer in parts.
  batch_stats: [],
  response_stats: {},
  memory_usage: [],
});

const totalOf = ({ count, ns }: Total) => ({ count, ns });
