import { type DoctorCheck, fail, ok } from '../check.ts';
import type { DeployedContext } from './context.ts';

/** Nothing lies among the dead letters. */
export const queues: DoctorCheck<DeployedContext> = {
  name: 'dead letters',
  async look({ inspection, resources }) {
    const found = resources.filter(
      ({ type, logicalId }) => type === 'AWS::SQS::Queue' && /DeadLetters/.test(logicalId),
    );
    return Promise.all(
      found.map(async ({ logicalId, id }) => {
        const name = `dead letters ${logicalId}`;
        const waiting = await inspection.messages(id);
        if (waiting === 0) return ok(name, 'none');
        return fail(name, `${waiting} in ${id.split('/').at(-1)}`, {
          expected: 'none',
          remedy: 'runbook: dead-letters.md: read one, mend the cause, redrive',
        });
      }),
    );
  },
};
