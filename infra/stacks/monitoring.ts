import { Stack, type StackProps } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeploymentConfig } from '../config.ts';
import { ModelMonitoring } from '../constructs/model-monitoring.ts';
import type { OnCall } from '../constructs/on-call.ts';
import { OverviewDashboard } from '../constructs/overview-dashboard.ts';
import { RollbackController } from '../constructs/rollback-controller.ts';
import { deployedModel } from '../model-folder.ts';
import type { DataQualityStack } from './data-quality.ts';
import type { ServingStack } from './serving.ts';
import { functionsIn } from './surroundings.ts';

export interface MonitoringStackProps extends StackProps {
  readonly onCall: OnCall;
  readonly serving: ServingStack;
  readonly quality: DataQualityStack;
  /** Key of dead letters, logs and environments. */
  readonly encryptionKey: IKey;
  /** Bus of Trimtab's own events. @default the account's default one */
  readonly eventBus?: IEventBus | undefined;
  readonly config: DeploymentConfig;
}

/** Alarms, dashboards, and the automatic rollback. */
export class MonitoringStack extends Stack {
  readonly rollback: RollbackController;
  readonly monitoring: ModelMonitoring;

  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    const { onCall, serving, quality, config, encryptionKey, eventBus, ...rest } = props;
    super(scope, id, rest);
    this.rollback = new RollbackController(this, 'Rollback', {
      ...functionsIn(this, config),
      endpoint: serving.endpoint,
      eventBus,
      encryptionKey,
      architecture: config.architecture,
      ...config.rollback,
    });
    const models = config.models.map((folder) => deployedModel(folder));
    this.monitoring = new ModelMonitoring(this, 'Monitoring', { registry: serving.endpoint.registry, models });
    new OverviewDashboard(this, 'Overview', {
      models: models.map(({ name }) => name),
      endpoint: serving.endpoint,
      validation: quality.validation,
      drift: quality.drift,
      rollback: this.rollback,
      replay: quality.replay,
    });
    onCall.watch(this);
    onCall.hear(this, serving.endpoint.registry.environmentName, eventBus);
  }
}
