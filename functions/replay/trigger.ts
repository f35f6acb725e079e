import type { FunctionSpec } from '../function-spec.ts';

export const replay = {
  name: 'replay',
  description: 'Asks young versions, and what they are held against, again about captured requests',
  triggers: [{ kind: 'schedule', everySeconds: 60 }],
  // Each version runs in a process of its own, on one virtual CPU.
  memoryMb: 1769,
  // Two models, as the endpoint holds them: the constructs give it no less than the endpoint has.
  temporaryMb: 2048,
  timeoutSeconds: 120,
  layers: ['onnxruntime'],
} as const satisfies FunctionSpec;
