import { SCHEDULES } from '../../core/alarms/schedules.ts';
import type { FunctionSpec } from '../function-spec.ts';

export const drift: FunctionSpec = {
  name: 'drift',
  description: "Holds captured traffic against each version's own baseline",
  triggers: [{ kind: 'schedule', everySeconds: SCHEDULES.drift }],
  memoryMb: 1024,
  timeoutSeconds: 300,
  layers: [],
};
