import { SCHEDULES } from '../../core/alarms/schedules.ts';
import type { FunctionSpec } from '../function-spec.ts';

export const advance: FunctionSpec = {
  name: 'advance',
  description:
    'Judges releases: takes back what is worse, moves canaries on, asks for a person, sees rollbacks through',
  triggers: [{ kind: 'schedule', everySeconds: SCHEDULES.judge }],
  memoryMb: 512,
  timeoutSeconds: 60,
  layers: [],
};
