import type { FunctionSpec } from '../function-spec.ts';

export const advance: FunctionSpec = {
  name: 'advance',
  description: 'Moves canaries on while no alarm is up, and sees rollbacks through',
  triggers: [{ kind: 'schedule', everySeconds: 60 }],
  memoryMb: 512,
  timeoutSeconds: 60,
  layers: [],
};
