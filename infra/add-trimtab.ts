import { type App, RemovalPolicies, Tags } from 'aws-cdk-lib';
import type { DeploymentConfig } from './config.ts';
import { setRunbookUrl } from './constructs/runbook.ts';
import { jobEnvironment } from './previews.ts';
import { AccessStack } from './stacks/access.ts';
import { DataQualityStack } from './stacks/data-quality.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { ServingStack } from './stacks/serving.ts';
import { StatefulStack } from './stacks/stateful.ts';

/**
 * Adds the stacks of one environment to an app: state, serving, data quality, monitoring, and the access of the pipeline
 * where one is configured. It may be called for several environments of one app.
 *
 * @example
 * ```ts
 * import { addTrimtab, DeploymentConfig } from 'trimtab';
 *
 * addTrimtab(app, DeploymentConfig.parse({ environment: 'staging', models: ['models/flight-delay'] }));
 * ```
 */
export function addTrimtab(app: App, config: DeploymentConfig): void {
  const env = {
    account: config.account ?? process.env.CDK_DEFAULT_ACCOUNT,
    region: config.region ?? process.env.CDK_DEFAULT_REGION,
  };
  const id = (name: string): string => `Trimtab-${config.environment}-${name}`;
  const stateful = new StatefulStack(app, id('Stateful'), { env, config, description: 'Trimtab: registry and data' });
  const serving = new ServingStack(app, id('Serving'), { env, stateful, config, description: 'Trimtab: endpoint' });
  const quality = new DataQualityStack(app, id('DataQuality'), {
    env,
    stateful,
    config,
    description: 'Trimtab: validation and drift',
  });
  const monitoring = new MonitoringStack(app, id('Monitoring'), {
    env,
    onCall: stateful.onCall,
    serving,
    quality,
    encryptionKey: stateful.encryptionKey,
    config,
    description: 'Trimtab: alarms and rollback',
  });
  const access =
    config.pipeline &&
    new AccessStack(app, id('Access'), {
      env,
      environment: config.environment,
      jobs: jobEnvironment(config),
      pipeline: config.pipeline,
      stateful,
      serving,
      description: 'Trimtab: what the pipeline may do to what is deployed',
    });
  const tags = { ...config.tags, 'trimtab:application': 'trimtab', 'trimtab:environment': config.environment };
  for (const stack of [stateful, serving, quality, monitoring, ...(access ? [access] : [])]) {
    // Keys, secrets, layers and versions of code as well: what others keep.
    if (config.preview) RemovalPolicies.of(stack).destroy();
    if (config.runbookUrl !== undefined) setRunbookUrl(stack, config.runbookUrl);
    for (const [name, value] of Object.entries(tags)) Tags.of(stack).add(name, value);
  }
}
