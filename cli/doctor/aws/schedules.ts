import { type DoctorCheck, fail, ok } from '../check.ts';
import type { DeployedContext } from './context.ts';

/** What runs by the clock is switched on. */
export const schedules: DoctorCheck<DeployedContext> = {
  name: 'schedules',
  async look({ inspection, resources }) {
    const found = resources.filter(({ type }) => type === 'AWS::Scheduler::Schedule');
    return Promise.all(
      found.map(async ({ logicalId, id }) => {
        const name = `schedule ${logicalId}`;
        const state = await inspection.schedule(id.split('|').at(-1)!.split('/').at(-1)!);
        if (state === 'ENABLED') return ok(name, 'enabled');
        return fail(name, state?.toLowerCase() ?? 'it is gone', {
          expected: 'enabled',
          remedy: 'runbook: schedule-silent.md; `npx cdk deploy --all` sets it again',
        });
      }),
    );
  },
};
