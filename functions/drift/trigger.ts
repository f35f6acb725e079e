import type { FunctionSpec } from '../function-spec.ts';

export const drift: FunctionSpec = {
  name: 'drift',
  description: "Holds captured traffic against each version's own baseline",
  triggers: [{ kind: 'schedule', everySeconds: 3600 }],
  memoryMb: 1024,
  timeoutSeconds: 300,
  layers: [],
};
