import type { App } from 'aws-cdk-lib';
import type { DeploymentConfig } from './config.ts';
import type { PipelineConfig } from './pipeline/config.ts';
import { jobEnvironment } from './previews.ts';
import { PipelineStack } from './stacks/pipeline.ts';

type Deployed = DeploymentConfig & { account: string; region: string; pipeline: PipelineConfig };

/**
 * Adds a stack `Trimtab-Pipeline-<account>` for each account with environments that have a pipeline. Roles are global, so
 * there is one stack for all regions of an account; it is deployed to the region of the account's first environment.
 *
 * @throws Error when an environment with a pipeline names no account or region, or when the pipelines of two environments
 *   of one account differ
 */
export function addPipeline(app: App, configs: readonly DeploymentConfig[]): PipelineStack[] {
  const accounts = new Map<string, Deployed[]>();
  for (const config of configs.filter(({ pipeline }) => pipeline !== undefined)) {
    if (!isPlaced(config))
      throw new Error(`environment ${config.environment} has a pipeline: it must name its account and region`);
    accounts.set(config.account, [...(accounts.get(config.account) ?? []), config]);
  }
  return [...accounts].map(([account, [first, ...others]]) => {
    const { pipeline, region, environment } = first!;
    const differs = others.find((other) => JSON.stringify(other.pipeline) !== JSON.stringify(pipeline));
    if (differs)
      throw new Error(
        `environments ${environment} and ${differs.environment} are in account ${account}, but their pipelines differ`,
      );
    return new PipelineStack(app, `Trimtab-Pipeline-${account}`, {
      env: { account, region },
      description: 'Trimtab: what GitHub may do in this account',
      pipeline,
      targets: [first!, ...others].map((config) => ({ environment: jobEnvironment(config), region: config.region })),
    });
  });
}

const isPlaced = (config: DeploymentConfig): config is Deployed =>
  config.account !== undefined && config.region !== undefined;
