import { QualitySettings } from '../../../core/manifest/quality.ts';
import type { ModelVersion } from '../../../core/registry/version.ts';

/** A version record with nothing special about it. */
export const versionRecord = (model: string, version: number): ModelVersion => ({
  model,
  version,
  artifact: { key: `models/${'a'.repeat(64)}.onnx`, digest: 'a'.repeat(64), bytes: 3 },
  signature: {
    inputs: [{ name: 'x', type: 'float32', shape: [-1, 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [-1, 1] }],
  },
  manifest: {
    name: model,
    description: '',
    contract: {
      tensors: [],
      features: [{ name: 'x', type: 'float', missing: 'reject', onViolation: 'reject', personal: 'no' }],
      data: { extra: [], personal: {} },
      file: { maxRecordLines: 50, minRows: 1, maxRows: 10, maxQuarantinedShare: 0.5, unique: [] },
    },
    outputs: [],
    serving: { maxBatch: 8, threads: 1 },
    rollout: { steps: [0.5, 1], stepSeconds: 1, youngDays: 7, mode: 'act' },
    monitoring: {
      captureShare: 1,
      periodSeconds: 60,
      datapointsToAlarm: 1,
      evaluationPeriods: 1,
      maxFailureRate: 0.1,
      maxViolationRate: 0.1,
      maxLatencyMs: 100,
      drift: { everyMinutes: 60, windowMinutes: 60, alpha: 0.01 },
      segments: [],
    },
    quality: QualitySettings.parse({}),
    privacy: { replay: false },
    lineage: {},
  },
  metrics: { accuracy: 0.5, 'nested thing': { a: [1, null, 'ü'] } },
  registeredAt: '2026-01-01T00:00:00.000Z',
  registeredBy: 'test',
});
