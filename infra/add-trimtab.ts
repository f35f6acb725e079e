import { type Environment, RemovalPolicies, Stage, Tags, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isOfChina, NOT_IN_CHINA } from '../core/model/region.ts';
import type { DeploymentConfig } from './config.ts';
import type { IDataLake } from './constructs/data-lake.ts';
import type { DataValidation } from './constructs/data-validation.ts';
import type { LakeTables } from './constructs/lake-tables.ts';
import type { ModelEndpoint } from './constructs/model-endpoint.ts';
import type { IModelRegistry } from './constructs/model-registry.ts';
import type { OnCall } from './constructs/on-call.ts';
import type { RollbackController } from './constructs/rollback-controller.ts';
import { setRunbookUrl } from './constructs/runbook.ts';
import { misplaced } from './places.ts';
import { jobEnvironment } from './previews.ts';
import { AccessStack } from './stacks/access.ts';
import { DataQualityStack } from './stacks/data-quality.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { ServingStack } from './stacks/serving.ts';
import { StatefulStack } from './stacks/stateful.ts';

/** What {@link addTrimtab} has added, to grant and to watch more. */
export interface TrimtabDeployment {
  /** The registry of models. */
  readonly registry: IModelRegistry;
  /** The stores of data. */
  readonly lake: IDataLake;
  /** The endpoint. */
  readonly endpoint: ModelEndpoint;
  /** The validation of data files. */
  readonly validation: DataValidation;
  /** Tables of captures and truths; undefined where the configuration wants none. */
  readonly tables: LakeTables | undefined;
  /** The judge of releases. */
  readonly rollback: RollbackController;
  /** Who is told of alarms. */
  readonly onCall: OnCall;
}

/**
 * Adds the stacks of one environment to an app, or to a stage of CDK Pipelines: state, serving, data quality, monitoring,
 * and the access of the pipeline where one is configured. It may be called for several environments of one app. The stacks
 * have the same names wherever they are, `Trimtab-<environment>-Serving` and such. Account and region are those of the
 * configuration, else of the stage, else of the CDK's command line.
 *
 * @param scope - an app, a stage, or any construct in one
 * @throws Error when the configuration names another account or region than the stage that it is for, something of another
 *   region or account that has to be of its own, or the region is of China
 *
 * @example
 * ```ts
 * import { addTrimtab, DeploymentConfig } from 'trimtab';
 *
 * const config = DeploymentConfig.parse({ environment: 'staging', models: ['models/flight-delay'] });
 * const { endpoint } = addTrimtab(app, config);
 * ```
 */
export function addTrimtab(scope: Construct, config: DeploymentConfig): TrimtabDeployment {
  const env = placeOf(scope, config);
  const id = (name: string): string => `Trimtab-${config.environment}-${name}`;
  // By its name wherever it is: the CDK would put those of the stage and of other constructs in front.
  const own = (name: string) => ({ env, stackName: id(name) });
  const stateful = new StatefulStack(scope, id('Stateful'), {
    ...own('Stateful'),
    config,
    description: 'Trimtab: registry and data',
  });
  const serving = new ServingStack(scope, id('Serving'), {
    ...own('Serving'),
    stateful,
    config,
    description: 'Trimtab: endpoint',
  });
  const quality = new DataQualityStack(scope, id('DataQuality'), {
    ...own('DataQuality'),
    stateful,
    config,
    description: 'Trimtab: validation and drift',
  });
  const monitoring = new MonitoringStack(scope, id('Monitoring'), {
    ...own('Monitoring'),
    onCall: stateful.onCall,
    serving,
    quality,
    encryptionKey: stateful.encryptionKey,
    eventBus: stateful.eventBus,
    config,
    description: 'Trimtab: alarms and rollback',
  });
  const access =
    config.pipeline &&
    new AccessStack(scope, id('Access'), {
      ...own('Access'),
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
  const { registry, lake, onCall } = stateful;
  return {
    registry,
    lake,
    endpoint: serving.endpoint,
    validation: quality.validation,
    tables: quality.tables,
    rollback: monitoring.rollback,
    onCall,
  };
}

/** Account and region of the stacks. @throws Error when configuration and stage contradict each other, or the region is of China */
function placeOf(scope: Construct, config: DeploymentConfig): Environment {
  const stage = Stage.isStage(scope) ? scope : Stage.of(scope);
  const one = (what: 'account' | 'region', fallback: string | undefined): string | undefined => {
    const [configured, staged] = [config[what], stage?.[what]];
    if (configured !== undefined && staged !== undefined && !Token.isUnresolved(staged) && configured !== staged)
      throw new Error(
        `environment ${config.environment} is configured for the ${what} ${configured}, and its stage ${stage!.node.path} is for ${staged}: one of them has to give way`,
      );
    return configured ?? staged ?? fallback;
  };
  const region = one('region', process.env.CDK_DEFAULT_REGION);
  if (isOfChina(region)) throw new Error(`environment ${config.environment}: ${NOT_IN_CHINA}, received '${region}'`);
  const place = { account: one('account', process.env.CDK_DEFAULT_ACCOUNT), region };
  const elsewhere = misplaced(config, place);
  if (elsewhere.length > 0) throw new Error(`environment ${config.environment}: ${elsewhere.join('; ')}`);
  return place;
}
