import { alarmsOf } from '../../core/alarms/definitions.ts';
import { captureWriter } from '../../core/captures/capture-line.ts';
import { compileOutputReader } from '../../core/captures/output-reader.ts';
import type { Feature } from '../../core/contract/contract.ts';
import { ENVELOPE, type PrivacyKeys } from '../../core/contract/personal.ts';
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
    judgedAlarms: alarms.filter(({ dimensions }) => dimensions.Variant === 'champion').length,
    series: emittedMetrics(manifest).reduce((sum, metric) => sum + METRICS[metric].by.length, 0),
    captureShare: monitoring.captureShare,
    metricBytes: metricLine({ environment, model: name, variant: 'champion', version: 1, at: AT, values }).length,
    captureRowBytes: two[1]! - two[0]!,
    captureBytes: 2 * two[0]! - two[1]!,
  };
}

function captureBytes(manifest: Manifest, rows: number): number {
  const { contract, decision, outputs } = manifest;
  const { features } = contract;
  const { classes } = compileOutputReader(decision, outputs);
  const numbers = { scores: Array.from({ length: rows }, () => 0.123456) };
  const probabilities = { probabilities: new Float64Array(rows * classes).fill(0.123456) };
  const writer = captureWriter(manifest.name, { features }, { keys: () => STAND_IN_KEYS, classes });
  const lines = writer.lines({
    id: ID,
    version: 1,
    variant: 'champion',
    at: new Date(AT).toISOString(),
    rows,
    values: features.map((feature) => sample(feature, rows)),
    ms: 1.234,
    outputs: classes > 0 ? probabilities : numbers,
    findings: [],
    unit: 'caller',
    principal: 'principal',
  });
  return lines.reduce((sum, text) => sum + text.length, 0);
}

/** Keys whose pseudonyms and envelopes are as long as real ones. */
const STAND_IN_KEYS: PrivacyKeys = {
  pseudonym: () => 'x'.repeat(16),
  // Initialisation vector and tag beside the value, in base64.
  seal: (_, value) => ENVELOPE + 'x'.repeat(Math.ceil(((28 + value.length) * 4) / 3)),
  open: (_, envelope) => envelope,
};

/** Values as long as they mostly are. */
function sample(feature: Feature, rows: number): Float64Array | string[] {
  if (feature.type === 'string') return Array.from({ length: rows }, () => 'category');
  return new Float64Array(rows).fill(feature.type === 'float' ? 123.45 : 1);
}
