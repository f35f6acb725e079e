import { SCHEDULES } from '../../core/alarms/schedules.ts';
import type { FunctionSpec } from '../function-spec.ts';

export const groundTruth: FunctionSpec = {
  name: 'ground-truth',
  description: 'Joins ground truth with predictions, and counts what is missing in requests',
  triggers: [{ kind: 'schedule', everySeconds: SCHEDULES.groundTruth }],
  memoryMb: 1024,
  timeoutSeconds: 300,
  layers: [],
};
