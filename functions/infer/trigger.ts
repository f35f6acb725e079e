import type { FunctionSpec } from '../function-spec.ts';

export const infer = {
  name: 'infer',
  description: 'Answers predictions over HTTP',
  triggers: [{ kind: 'http' }],
  // One virtual CPU comes with 1,769 MB; less would stretch every run.
  memoryMb: 1769,
  // The champion's file and that of the version that follows it, of up to a gigabyte each.
  temporaryMb: 2048,
  timeoutSeconds: 29,
  layers: ['onnxruntime'],
} as const satisfies FunctionSpec;
