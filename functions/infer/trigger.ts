import type { FunctionSpec } from '../function-spec.ts';

export const infer: FunctionSpec = {
  name: 'infer',
  description: 'Answers predictions over HTTP',
  triggers: [{ kind: 'http' }],
  // One virtual CPU comes with 1,769 MB; less would stretch every run.
  memoryMb: 1769,
  timeoutSeconds: 29,
  layers: ['onnxruntime'],
};
