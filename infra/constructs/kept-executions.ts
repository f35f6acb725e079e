import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { keptProblems } from '../scaling/check.ts';
import { mustScale } from '../scaling/must-scale.ts';

/** Executions that are kept for each function that takes releases back, unless it is said. */
const DEFAULT = 2;

/**
 * Reserved concurrency of the functions that take releases back. An account whose limit leaves no room for it refuses the
 * deployment in the middle, and the limit is not known when the app is synthesized: where nobody has said a number, it is
 * told what to set.
 *
 * @throws ScalingError for a number that is none of executions
 */
export function keptExecutions(scope: Construct, said: number | undefined): { reservedConcurrency?: number } {
  mustScale(scope, keptProblems, { reservedConcurrency: said });
  if (said === undefined)
    Annotations.of(scope).addInfo(
      `keeps ${DEFAULT} executions for each of its functions: a new account, whose limit is 10, refuses that ("decreases account's UnreservedConcurrentExecution below its minimum value"). See \`aws lambda get-account-settings\`; below 106 (for one environment; 6 more for each other in the account and region), set reservedConcurrency (trimtab.config.json: rollback.reservedConcurrency) to 0 until the limit is raised`,
    );
  const kept = said ?? DEFAULT;
  return kept === 0 ? {} : { reservedConcurrency: kept };
}
