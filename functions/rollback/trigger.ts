import type { FunctionSpec } from '../function-spec.ts';

export const rollback: FunctionSpec = {
  name: 'rollback',
  description: 'Answers alarms: wakes the judge, and takes a bad release back',
  triggers: [{ kind: 'alarm', actions: ['wake-judge'] }],
  memoryMb: 512,
  timeoutSeconds: 120,
  layers: [],
};
