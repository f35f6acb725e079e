import type { FunctionSpec } from '../function-spec.ts';

export const rollback: FunctionSpec = {
  name: 'rollback',
  description: 'Answers alarms: takes a bad release back, or says why not',
  triggers: [{ kind: 'alarm', actions: ['rollback', 'retrain'] }],
  memoryMb: 512,
  timeoutSeconds: 120,
  layers: [],
};
