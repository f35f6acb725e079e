import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Settings that no deployment can have, found while the app is synthesized and not an hour into a deployment. */
export class ScalingError extends Error {
  constructor(
    /** Path of the construct. */
    readonly construct: string,
    /** All that is wrong, a sentence each. */
    readonly problems: readonly string[],
  ) {
    super(`${construct}: ${problems.join('; ')}`);
    this.name = 'ScalingError';
  }
}

/**
 * Refuses settings that do not work, all that is wrong with them at once. Values that are only known at deployment
 * cannot be judged here and are left out.
 *
 * @throws ScalingError
 */
export function mustScale<S extends object>(scope: Construct, problemsOf: (scaling: S) => string[], scaling: S): void {
  const known = Object.entries(scaling).filter(([, value]) => !Token.isUnresolved(value));
  const problems = problemsOf(Object.fromEntries(known) as S);
  if (problems.length > 0) throw new ScalingError(scope.node.path, problems);
}
