import type { FunctionSpec } from '../function-spec.ts';

export const replay: FunctionSpec = {
  name: 'replay',
  description: 'Asks young versions, and what they are held against, again about captured requests',
  triggers: [{ kind: 'schedule', everySeconds: 60 }],
  // Each version runs in a process of its own, on one virtual CPU.
  memoryMb: 1769,
  // Two models, each up to what an endpoint holds in its own folder.
  temporaryMb: 1024,
  timeoutSeconds: 120,
  layers: ['onnxruntime'],
};
