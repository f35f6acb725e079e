import { advance } from '../../functions/advance/trigger.ts';
import { drift } from '../../functions/drift/trigger.ts';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { groundTruth } from '../../functions/ground-truth/trigger.ts';
import { rollback } from '../../functions/rollback/trigger.ts';
import type { Schedules } from '../../usecases/simulation/play.ts';

/** How functions are set off where they are deployed: by the same triggers. */
export const DEPLOYED_SCHEDULES: Schedules = {
  advance: everySeconds(advance),
  truth: everySeconds(groundTruth),
  drift: everySeconds(drift),
  rollbackActions: rollback.triggers.flatMap((trigger) => (trigger.kind === 'alarm' ? trigger.actions : [])),
};

function everySeconds({ name, triggers }: FunctionSpec): number {
  const schedule = triggers.find((trigger) => trigger.kind === 'schedule');
  if (schedule === undefined) throw new Error(`function ${name} has no schedule`);
  return schedule.everySeconds;
}
