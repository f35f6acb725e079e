import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Executions that are kept for each function that takes releases back, unless it is said. */
const DEFAULT = 2;

/**
 * Reserved concurrency of the functions that take releases back. An account whose limit leaves no room for it refuses the
 * deployment in the middle, and the limit is not known when the app is synthesized: where nobody has said a number, it is
 * told what to set.
 */
export function keptExecutions(scope: IConstruct, said: number | undefined): { reservedConcurrency?: number } {
  if (said === undefined)
    Annotations.of(scope).addInfo(
      `keeps ${DEFAULT} executions for each of its functions: a new account, whose limit is 10, refuses that ("decreases account's UnreservedConcurrentExecution below its minimum value"). See \`aws lambda get-account-settings\`; below 106, set reservedConcurrency (trimtab.config.json: rollback.reservedConcurrency) to 0 until the limit is raised`,
    );
  const kept = said ?? DEFAULT;
  return kept === 0 ? {} : { reservedConcurrency: kept };
}
