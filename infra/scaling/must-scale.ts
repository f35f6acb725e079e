import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Scaling settings are invalid. It is thrown while the app is synthesized, because CloudFormation would find out only in
 * the middle of a deployment.
 *
 * @example
 * ```ts
 * import { ModelEndpoint, ScalingError } from 'trimtab';
 *
 * try {
 *   new ModelEndpoint(stack, 'Endpoint', { memoryMb: 64 });
 * } catch (error) {
 *   if (!(error instanceof ScalingError)) throw error;
 *   console.error(error.construct, error.problems);
 * }
 * ```
 */
export class ScalingError extends Error {
  constructor(
    /** Path of the construct. */
    readonly construct: string,
    /** One message for each problem. */
    readonly problems: readonly string[],
  ) {
    super(`${construct}: ${problems.join('; ')}`);
    this.name = 'ScalingError';
  }
}

/**
 * Checks the scaling settings of a construct. All problems are reported at once. Tokens, whose values are known only at
 * deployment, are not checked.
 *
 * @throws ScalingError
 */
export function mustScale<S extends object>(scope: Construct, problemsOf: (scaling: S) => string[], scaling: S): void {
  const known = Object.entries(scaling).filter(([, value]) => !Token.isUnresolved(value));
  const problems = problemsOf(Object.fromEntries(known) as S);
  if (problems.length > 0) throw new ScalingError(scope.node.path, problems);
}
