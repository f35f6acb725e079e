import { alarmsOf } from '../../core/alarms/definitions.ts';
import { captureWriter } from '../../core/captures/capture-line.ts';
import type { Feature } from '../../core/contract/contract.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { metricLine } from '../../core/observability/emf.ts';
import { emittedMetrics } from '../../core/observability/emitted-metrics.ts';
import { METRICS } from '../../core/observability/metric-names.ts';
import type { CostedModel } from './cost-view.ts';

const ID = '00000000-0000-4000-8000-000000000000';
const AT = 1_767_225_600_000;

/** What a model costs by: its alarms, and the bytes of the very lines that are written about a request. */
export function costedModel(manifest: Manifest, environment: string): CostedModel {
  const alarms = alarmsOf(manifest, environment);
  const { name, monitoring } = manifest;
  const short = alarms.filter(({ periodSeconds }) => periodSeconds < 60).length;
  const values = {
    Failure: 0,
    Violation: 0,
    Latency: 1.234,
    Rows: 1,
    ...(manifest.decision ? { Score: 0.123456 } : {}),
  };
  const two = [1, 2].map((rows) => captureBytes(manifest, rows));
  return {
    name,
    alarms: alarms.length - short,
    alarmsHighResolution: short,
    rollingAlarms: alarms.filter(({ action }) => action === 'rollback').length,
    series: emittedMetrics(manifest).reduce((sum, metric) => sum + METRICS[metric].by.length, 0),
    captureShare: monitoring.captureShare,
    metricBytes: metricLine({ environment, model: name, variant: 'champion', version: 1, at: AT, values }).length,
    captureRowBytes: two[1]! - two[0]!,
    captureBytes: 2 * two[0]! - two[1]!,
  };
}

function captureBytes(manifest: Manifest, rows: number): number {
  const features = manifest.contract.features;
  const lines = captureWriter(manifest.name, { features }).lines({
    id: ID,
    version: 1,
    variant: 'champion',
    at: new Date(AT).toISOString(),
    rows,
    values: features.map((feature) => sample(feature, rows)),
    scores: Array.from({ length: rows }, () => 0.123456),
    violations: 0,
  });
  return lines.reduce((sum, text) => sum + text.length, 0);
}

/** Values as long as they mostly are. */
function sample(feature: Feature, rows: number): Float64Array | string[] {
  if (feature.type === 'string') return Array.from({ length: rows }, () => 'category');
  return new Float64Array(rows).fill(feature.type === 'float' ? 123.45 : 1);
}
