import type { AwsEnvironment } from '../../../platform/aws/environment.ts';
import type { AwsInspection, StackResource } from '../../../platform/aws/inspection.ts';
import type { HomeContext } from '../context.ts';

/** What is deployed. */
export interface DeployedContext {
  readonly names: AwsEnvironment;
  readonly inspection: AwsInspection;
  /** Name of the environment: part of the stacks' names. */
  readonly environment: string;
  /** Resources of its stacks, those that are there. */
  readonly resources: readonly StackResource[];
}

/** What is deployed, and what is in it. */
export interface AwsContext extends DeployedContext, HomeContext {}
