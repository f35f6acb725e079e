import type { DeploymentConfig } from './config.ts';
import { DIFF_ROLE, roleName } from './pipeline/names.ts';
import { jobEnvironment } from './previews.ts';

/** Environments that the workflow `main` can deploy to, one after the other: it has a job for each. */
const MAX_DEPLOYED = 4;

/**
 * Names of the environments that have a pipeline, in the order in which they are deployed to: that of the file.
 *
 * @throws Error when there are more than the workflow has jobs, which would silently leave the others out
 */
export function pipelineEnvironments(configs: readonly DeploymentConfig[]): string[] {
  const names = configs.filter(({ pipeline }) => pipeline !== undefined).map(({ environment }) => environment);
  if (names.length > MAX_DEPLOYED)
    throw new Error(
      `environments with a pipeline are at most ${MAX_DEPLOYED}, as many as .github/workflows/main.yml has jobs for, received ${names.length}: ${names.join(', ')}`,
    );
  return names;
}

/** Account, region and roles of an environment, as outputs of a workflow's step. */
export function workflowOutputs(config: DeploymentConfig): Record<string, string> {
  const { environment, account, region, pipeline } = config;
  if (pipeline === undefined || account === undefined || region === undefined)
    throw new Error(`environment ${environment} has no pipeline, account or region in trimtab.config.json`);
  const role = (name: string): string => `arn:${partitionOf(region)}:iam::${account}:role/${name}`;
  return {
    account,
    region,
    'diff-role': role(DIFF_ROLE),
    'deploy-role': role(roleName(jobEnvironment(config), 'deploy')),
    'smoke-role': role(roleName(environment, 'smoke')),
    'models-role': role(roleName(environment, 'models')),
    ...(pipeline.copiedBy !== undefined && { 'copy-role': role(roleName(environment, 'copy')) }),
  };
}

function partitionOf(region: string): string {
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
